// Which of several endpoints is next: smooth weighted round robin (nginx's), which spreads a heavy one's turns between
// the others' instead of taking them in a row.

export class WeightedRoundRobin {
  readonly #weights: readonly number[];
  readonly #current: number[];

  /** One positive weight an endpoint. */
  constructor(weights: readonly number[]) {
    this.#weights = weights;
    this.#current = weights.map(() => 0);
  }

  /** The index of the next one; never `not`, unless it is the only one. -1 when there is none at all. */
  next(not = -1): number {
    const weights = this.#weights;
    if (weights.length < 2) return weights.length - 1;
    const current = this.#current;
    let best = -1;
    let total = 0;
    for (let i = 0; i < weights.length; i++) {
      if (i === not) continue;
      const weight = weights[i] ?? 0;
      const sum = (current[i] ?? 0) + weight;
      current[i] = sum;
      total += weight;
      if (best === -1 || sum > (current[best] ?? 0)) best = i;
    }
    current[best] = (current[best] ?? 0) - total;
    return best;
  }
}
