// Which of several endpoints is next. Every way takes the endpoints by index and asks which of them are out.

/** Whether an endpoint must not be taken. */
export type IsOut = (index: number) => boolean;

export interface Balance {
  /** -1 when all are out. `key`: what requests that belong together share. */
  next(isOut: IsOut, key: string | undefined): number;
}

export type BalancePolicy = 'ROUND_ROBIN' | 'LEAST_REQUEST' | 'RANDOM' | 'RING_HASH' | 'MAGLEV';

/** What a policy may need to know of the endpoints. */
export interface Candidates {
  readonly names: readonly string[];
  /** Positive. */
  readonly weights: readonly number[];
  /** Requests under way. */
  readonly active: (index: number) => number;
}

export function createBalance(policy: BalancePolicy, candidates: Candidates): Balance {
  switch (policy) {
    case 'ROUND_ROBIN':
      return new WeightedRoundRobin(candidates.weights);
    case 'RANDOM':
      return { next: (isOut) => weightedRandom(candidates.weights, isOut) };
    case 'LEAST_REQUEST':
      return leastRequest(candidates);
    // Both of Envoy's ways are for the same: a key finds the same endpoint, and few move when one comes or goes.
    case 'RING_HASH':
    case 'MAGLEV':
      return rendezvous(candidates);
    default:
      return policy satisfies never;
  }
}

/** Smooth (nginx's): spreads a heavy one's turns between the others' instead of taking them in a row. */
export class WeightedRoundRobin implements Balance {
  readonly #weights: readonly number[];
  readonly #current: number[];

  /** One positive weight an endpoint. */
  constructor(weights: readonly number[]) {
    this.#weights = weights;
    this.#current = weights.map(() => 0);
  }

  next(isOut: IsOut): number {
    const current = this.#current;
    let best = -1;
    let total = 0;
    for (let i = 0; i < this.#weights.length; i++) {
      if (isOut(i)) continue;
      const weight = this.#weights[i] ?? 0;
      const sum = (current[i] ?? 0) + weight;
      current[i] = sum;
      total += weight;
      if (best === -1 || sum > (current[best] ?? 0)) best = i;
    }
    if (best !== -1) current[best] = (current[best] ?? 0) - total;
    return best;
  }
}

/** The less busy of two drawn at random: nearly as good as the least busy of all, without a stampede to it. */
function leastRequest({ weights, active }: Candidates): Balance {
  const load = (index: number): number => (active(index) + 1) / (weights[index] ?? 1);
  return {
    next(isOut) {
      const one = weightedRandom(weights, isOut);
      const other = weightedRandom(weights, (index) => index === one || isOut(index));
      return other !== -1 && load(other) < load(one) ? other : one;
    },
  };
}

/** Highest random weight (Thaler and Ravishankar, 1998): no ring to keep, and exact weights. */
function rendezvous({ names, weights }: Candidates): Balance {
  return {
    next(isOut, key) {
      if (key === undefined) return weightedRandom(weights, isOut);
      let best = -1;
      let highest = -Infinity;
      for (const [index, name] of names.entries()) {
        if (isOut(index)) continue;
        const score = -(weights[index] ?? 1) / Math.log(hashShare(`${name}\n${key}`));
        if (score > highest) [best, highest] = [index, score];
      }
      return best;
    },
  };
}

function weightedRandom(weights: readonly number[], isOut: IsOut): number {
  let total = 0;
  for (let i = 0; i < weights.length; i++) if (!isOut(i)) total += weights[i] ?? 0;
  let left = Math.random() * total;
  let last = -1;
  for (let i = 0; i < weights.length; i++) {
    if (isOut(i)) continue;
    last = i;
    left -= weights[i] ?? 0;
    if (left < 0) break;
  }
  return last;
}

/** A number between 0 and 1, neither included, from the text: FNV-1a and the last steps of murmur3. */
function hashShare(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (((hash ^ (hash >>> 16)) >>> 0) + 0.5) / 2 ** 32;
}
