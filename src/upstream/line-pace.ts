// How many requests may stand in line on one connection of a pool: as many as the settings allow and the app answers soon.

/** Longest that the head of a line may keep the others waiting, in milliseconds. */
export const LINE_BOUND_MS = 100;
/** How long there are no lines after one had to be broken up. */
const PENALTY_MS = 1000;
/** The weight of the newest answer in the average. */
const NEWEST = 1 / 8;

export class LinePace {
  readonly #limit: number;
  /** Milliseconds that an answer takes once it is first in line, averaged. */
  #answerMs = 0;
  #aloneUntil = 0;

  /** `limit`: of the settings; 1 for no lines. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** An answer was whole so long after its request was first in line. */
  note(answerMs: number): void {
    this.#answerMs += (answerMs - this.#answerMs) * NEWEST;
  }

  /** A line had to be broken up, because its head was slow or large. */
  punish(now: number): void {
    this.#aloneUntil = now + PENALTY_MS;
  }

  /** Requests at once on one connection; `now` as of `performance.now()`. */
  depth(now: number): number {
    if (now < this.#aloneUntil) return 1;
    if (this.#answerMs * this.#limit <= LINE_BOUND_MS) return this.#limit;
    return Math.max(1, Math.floor(LINE_BOUND_MS / this.#answerMs));
  }
}
