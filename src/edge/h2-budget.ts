// What a client of HTTP/2 may do that costs more than it is worth: streams that end before their answer, whoever ended them
// (rapid reset, CVE-2023-44487; made-you-reset, CVE-2025-8671), pings, settings. A bucket of tokens that fills again with time.

/** Browsers give up a whole page of requests at once; nobody does so many times a second. */
const CAPACITY = 500;
const REFILL_PER_SECOND = 50;

export class H2Budget {
  #tokens = CAPACITY;
  #at: number;

  /** `now`: milliseconds of any clock that goes steadily. */
  constructor(now: number) {
    this.#at = now;
  }

  /** Whether that was still within bounds. */
  spend(now: number): boolean {
    this.#tokens = Math.min(CAPACITY, this.#tokens + ((now - this.#at) / 1000) * REFILL_PER_SECOND) - 1;
    this.#at = now;
    return this.#tokens >= 0;
  }
}
