// At most one of a kind in a while, counting those that were left out.

export class Throttle {
  readonly #everyMs: number;
  readonly #kinds = new Map<string, { since: number; skipped: number }>();

  constructor(everyMs: number) {
    this.#everyMs = everyMs;
  }

  /** How many were left out since the last one that was let through; undefined: leave this one out as well. */
  take(kind: string, now: number): number | undefined {
    const last = this.#kinds.get(kind);
    if (last !== undefined && now >= last.since && now - last.since < this.#everyMs) {
      last.skipped++;
      return undefined;
    }
    this.#kinds.set(kind, { since: now, skipped: 0 });
    return last?.skipped ?? 0;
  }
}
