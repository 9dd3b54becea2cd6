// A histogram of durations by one label, cheap enough for every request: one Map probe and a short walk. Prometheus's
// library hashes the labels each time; what a scrape wants to see is made here when it comes, as in tally.ts.
import type { Histogram, Registry } from 'prom-client';

/** Seconds. */
const BOUNDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30] as const;

/** Labels that are told apart; the rest together are `other`. */
const MAX_SERIES = 200;

interface Series {
  /** One for each bound, and one for what is longer. */
  readonly counts: number[];
  sum: number;
}

interface Sample {
  readonly metricName: string;
  readonly labels: Record<string, string | number>;
  readonly value: number;
}

export class Durations {
  readonly #name: string;
  readonly #label: string;
  readonly #series = new Map<string, Series>();

  constructor(registry: Registry, name: string, help: string, label: string) {
    this.#name = name;
    this.#label = label;
    const look = async () => ({ name, help, type: 'histogram', aggregator: 'sum', values: this.#samples() });
    const metric = { name, help, type: 'histogram', get: look, reset: () => this.#series.clear() };
    registry.registerMetric(metric as unknown as Histogram);
  }

  observe(label: string, seconds: number): void {
    let series = this.#series.get(label);
    if (series === undefined) {
      const key = this.#series.size < MAX_SERIES ? label : 'other';
      series = this.#series.get(key) ?? {
        counts: Array.from({ length: BOUNDS.length + 1 }, () => 0),
        sum: 0,
      };
      this.#series.set(key, series);
    }
    let i = 0;
    while (i < BOUNDS.length && seconds > (BOUNDS[i] as number)) i++;
    series.counts[i] = (series.counts[i] ?? 0) + 1;
    series.sum += seconds;
  }

  #samples(): Sample[] {
    const samples: Sample[] = [];
    const add = (what: string, value: number, labels: Sample['labels']): void =>
      void samples.push({ metricName: `${this.#name}_${what}`, labels, value });
    for (const [label, { counts, sum }] of this.#series) {
      const labels = { [this.#label]: label };
      let upTo = 0;
      for (const [i, bound] of [...BOUNDS, '+Inf'].entries())
        add('bucket', (upTo += counts[i] ?? 0), { le: bound, ...labels });
      add('sum', sum, labels);
      add('count', upTo, labels);
    }
    return samples;
  }
}
