// Counts by labels, cheap enough for every request: one Map probe. What a scrape wants to see is made when it comes.
import { Counter, type Registry } from 'prom-client';

/** What comes from outside must not fill the memory: beyond so many sets of labels everything counts as `other`. */
const MAX_SERIES = 2000;
const SEPARATOR = '\0';

export class Tally<Label extends string> {
  readonly #labels: readonly Label[];
  readonly #counts = new Map<string, number>();

  constructor(registry: Registry, name: string, help: string, labels: readonly Label[]) {
    this.#labels = labels;
    const counts = this.#counts;
    const labelsOf = (key: string): Partial<Record<Label, string>> => {
      const values = key.split(SEPARATOR);
      return Object.fromEntries(labels.map((label, i) => [label, values[i] ?? ''])) as Record<Label, string>;
    };
    const counter = new Counter({
      name,
      help,
      labelNames: [...labels],
      registers: [],
      collect() {
        this.reset();
        for (const [key, count] of counts) this.inc(labelsOf(key), count);
      },
    });
    registry.registerMetric(counter);
  }

  /** One value a label, in their order. */
  add(count: number, ...values: readonly string[]): void {
    const key = values.length === 1 ? (values[0] ?? '') : values.join(SEPARATOR);
    const before = this.#counts.get(key);
    if (before !== undefined) this.#counts.set(key, before + count);
    else if (this.#counts.size < MAX_SERIES) this.#counts.set(key, count);
    else this.#addOther(count);
  }

  #addOther(count: number): void {
    const other = this.#labels.map(() => 'other').join(SEPARATOR);
    this.#counts.set(other, (this.#counts.get(other) ?? 0) + count);
  }
}
