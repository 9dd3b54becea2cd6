// How often something may happen, by key: the generic cell rate algorithm (ITU-T I.371), one number a key, no timers and
// no windows that everybody waits for the end of. Several processes count as one by shared-limits.ts.

export interface Rate {
  /** So many in `periodMs`, spread evenly. */
  readonly count: number;
  readonly periodMs: number;
  /** So many at once, after a while without any. At least 1. */
  readonly burst: number;
}

export interface RateState {
  readonly isAllowed: boolean;
  /** How many more would be allowed now. */
  readonly remaining: number;
  /** Until the next one is allowed, where this was not; else until all of `burst` are again. */
  readonly waitMs: number;
}

/** Keys are forgotten that have their whole burst again; looked for when there are so many, and twice as many later. */
const SWEEP_AT = 10_000;
/** Beyond that those that came first are forgotten: a flood of new keys takes no more memory than these. */
const MAX_KEYS = 250_000;

export class RateLimit {
  readonly rate: Rate;
  readonly #costMs: number;
  readonly #spareMs: number;
  /** When each key has its whole burst again. */
  readonly #full = new Map<string, number>();
  #sweepAt = SWEEP_AT;
  /** Told of each key that something was taken from here. */
  onTake: ((key: string) => void) | undefined;

  constructor(rate: Rate) {
    this.rate = rate;
    this.#costMs = rate.periodMs / rate.count;
    // A hair more, for what is lost in sums of fractions.
    this.#spareMs = this.#costMs * (rate.burst + 1e-6);
  }

  /** Keys that are remembered. */
  get size(): number {
    return this.#full.size;
  }

  /** Counts one. `now`: milliseconds of any clock that goes steadily. */
  take(key: string, now: number): RateState {
    const owedMs = this.#owed(key, now) + this.#costMs;
    if (owedMs > this.#spareMs) return { isAllowed: false, remaining: 0, waitMs: owedMs - this.#spareMs };
    this.#owe(key, owedMs, now);
    this.onTake?.(key);
    const remaining = Math.floor((this.#spareMs - owedMs) / this.#costMs);
    return { isAllowed: true, remaining, waitMs: owedMs };
  }

  /** Whether one would be allowed; counts nothing. */
  isFree(key: string, now: number): boolean {
    return this.#owed(key, now) + this.#costMs <= this.#spareMs;
  }

  /** Counts what was taken elsewhere, allowed or not. */
  add(key: string, count: number, now: number): void {
    this.#owe(key, this.#owed(key, now) + count * this.#costMs, now);
  }

  #owe(key: string, owedMs: number, now: number): void {
    this.#full.set(key, now + owedMs);
    if (this.#full.size >= this.#sweepAt) this.#sweep(now);
  }

  #owed(key: string, now: number): number {
    const fullAt = this.#full.get(key);
    return fullAt === undefined ? 0 : Math.max(fullAt - now, 0);
  }

  #sweep(now: number): void {
    for (const [key, fullAt] of this.#full) if (fullAt <= now) this.#full.delete(key);
    if (this.#full.size >= MAX_KEYS) this.#forgetHalf();
    this.#sweepAt = Math.min(Math.max(SWEEP_AT, this.#full.size * 2), MAX_KEYS);
  }

  /** Half, so that it is not to be done again for every key that comes. */
  #forgetHalf(): void {
    for (const key of this.#full.keys()) {
      if (this.#full.size <= MAX_KEYS / 2) return;
      this.#full.delete(key);
    }
  }
}
