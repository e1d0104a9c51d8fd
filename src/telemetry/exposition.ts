/**
 * Metrics in Prometheus's text format, written without a registry: thousands of series are made of figures that are there
 * already, and a registry would hash the labels of each at every scrape.
 *
 * @module
 */
import type { LabelName, MetricName } from './catalogue.ts';
import { CATALOGUE, PREFIX } from './catalogue.ts';

export type LabelValues = Partial<Record<LabelName, string>>;

/** The text of some metrics of the catalogue, series by series in any order. */
export class Exposition {
  readonly #lines = new Map<MetricName, string[]>();

  /** @param names metrics that are there even without series. */
  constructor(names: readonly MetricName[]) {
    for (const name of names) this.#lines.set(name, []);
  }

  add(name: MetricName, labels: LabelValues, value: number): void {
    const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`);
    this.#lines.get(name)?.push(`${PREFIX}${name}{${pairs.join(',')}} ${value}`);
  }

  text(): string {
    return [...this.#lines].map(([name, lines]) => `${head(name)}${lines.join('\n')}\n`).join('\n');
  }
}

function head(name: MetricName): string {
  const { help, type } = CATALOGUE[name];
  return `# HELP ${PREFIX}${name} ${help}\n# TYPE ${PREFIX}${name} ${type}\n`;
}

/** Names of policies and units hold nothing to escape, resources and prices may. */
function escaped(text: string): string {
  return /[\\"\n]/.test(text)
    ? text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
    : text;
}
