/**
 * Instruments of prom-client, made of the catalogue.
 *
 * @module
 */
import type { Registry } from 'prom-client';
import { Counter, Gauge, Histogram } from 'prom-client';
import type { Definition, LabelName, MetricName } from './catalogue.ts';
import { CATALOGUE, PREFIX } from './catalogue.ts';

/** One series, and what it shows now. */
export interface Reading {
  readonly labels: Partial<Record<LabelName, string>>;
  readonly value: number;
}

/** Makes each metric of the catalogue that is asked for, in a registry. */
export class Instruments {
  readonly #registry: Registry;

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  counter(name: MetricName): Counter<LabelName> {
    return new Counter(this.#options(name));
  }

  gauge(name: MetricName): Gauge<LabelName> {
    return new Gauge(this.#options(name));
  }

  histogram(name: MetricName): Histogram<LabelName> {
    const { buckets = [] }: Definition = CATALOGUE[name];
    return new Histogram({ ...this.#options(name), buckets: [...buckets] });
  }

  /** A gauge without labels that is read at each scrape. */
  read(name: MetricName, value: () => number): void {
    void new Gauge({
      ...this.#options(name),
      collect() {
        this.set(value());
      },
    });
  }

  /** A gauge that is read at each scrape, all of its series together. */
  readEach(name: MetricName, read: () => readonly Reading[]): void {
    void new Gauge({
      ...this.#options(name),
      collect() {
        for (const { labels, value } of read()) this.set(labels, value);
      },
    });
  }

  #options(name: MetricName): {
    readonly name: string;
    readonly help: string;
    readonly labelNames: LabelName[];
    readonly registers: [Registry];
  } {
    const { help, labels } = CATALOGUE[name];
    return { name: PREFIX + name, help, labelNames: [...labels], registers: [this.#registry] };
  }
}
