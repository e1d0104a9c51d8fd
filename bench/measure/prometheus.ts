/**
 * Reading metrics in Prometheus' text format.
 *
 * @module
 */

type Labels = Readonly<Record<string, string>>;

export interface Sample {
  readonly name: string;
  readonly labels: Labels;
  readonly value: number;
}

const LINE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)(?: -?\d+)?$/;
const LABEL = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g;

/** All samples of a page; comments and lines that are none are left out. */
export function parseMetrics(text: string): readonly Sample[] {
  return text.split('\n').flatMap((line) => {
    const [, name, labels = '', value] = LINE.exec(line) ?? [];
    if (name === undefined || value === undefined) return [];
    const pairs = [...labels.matchAll(LABEL)].map(([, key = '', text_ = '']) => [key, text_] as const);
    return [{ name, labels: Object.fromEntries(pairs), value: Number(value.replace('Inf', 'Infinity')) }];
  });
}

/** Sum of the samples of this name that have these labels. */
export function sumOf(samples: readonly Sample[], name: string, labels: Labels = {}): number {
  return matching(samples, name, labels).reduce((sum, { value }) => sum + value, 0);
}

/** The samples less what they were before; series that are new count from 0. */
export function since(before: readonly Sample[], after: readonly Sample[]): readonly Sample[] {
  const base = new Map(before.map((sample) => [keyOf(sample), sample.value]));
  return after.map((sample) => ({ ...sample, value: sample.value - (base.get(keyOf(sample)) ?? 0) }));
}

/** Observations in buckets. */
export interface HistogramData {
  readonly count: number;
  readonly sum: number;
  /** Upper bounds in rising order, the last Infinity, with how many observations were at most that. */
  readonly buckets: readonly { readonly bound: number; readonly count: number }[];
}

/** The histogram of this name and labels, added up over all others; undefined when it has no observation. */
export function histogramOf(
  samples: readonly Sample[],
  name: string,
  labels: Labels = {},
): HistogramData | undefined {
  const count = sumOf(samples, `${name}_count`, labels);
  if (count === 0) return undefined;
  const counts = new Map<number, number>();
  for (const sample of matching(samples, `${name}_bucket`, labels)) {
    const bound = Number((sample.labels['le'] ?? '').replace('+Inf', 'Infinity'));
    counts.set(bound, (counts.get(bound) ?? 0) + sample.value);
  }
  const buckets = [...counts]
    .map(([bound, atMost]) => ({ bound, count: atMost }))
    .toSorted((left, right) => left.bound - right.bound);
  return { count, sum: sumOf(samples, `${name}_sum`, labels), buckets };
}

/**
 * The value that a share of the observations stayed within, taking them to be spread evenly over their bucket, as
 * Prometheus' histogram_quantile does. In the last bucket it is the bound of the one before.
 */
export function quantileOf({ count, buckets }: HistogramData, share: number): number {
  const rank = share * count;
  const index = buckets.findIndex((bucket) => bucket.count >= rank);
  const bucket = buckets[index];
  const lower = { bound: 0, count: 0, ...buckets[index - 1] };
  if (bucket === undefined || bucket.bound === Infinity) return lower.bound;
  const within = bucket.count - lower.count;
  return within === 0
    ? bucket.bound
    : lower.bound + (bucket.bound - lower.bound) * ((rank - lower.count) / within);
}

/** The bound that every observation stayed within; Infinity when one was beyond the last. */
export function boundOf({ count, buckets }: HistogramData): number {
  return buckets.find((bucket) => bucket.count >= count)?.bound ?? Infinity;
}

function matching(samples: readonly Sample[], name: string, labels: Labels): readonly Sample[] {
  const wanted = Object.entries(labels);
  return samples.filter(
    (sample) => sample.name === name && wanted.every(([key, value]) => sample.labels[key] === value),
  );
}

function keyOf({ name, labels }: Sample): string {
  return `${name}${JSON.stringify(Object.entries(labels).toSorted(([left], [right]) => (left < right ? -1 : 1)))}`;
}
