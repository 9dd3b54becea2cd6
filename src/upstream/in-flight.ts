// The requests that a pool has on its hands: how many, how many of them wait for a connection, and until when there were
// some.
import { Deadlines } from '../core/deadlines.ts';
import { SallyportError } from '../core/errors.ts';
import type { AttemptOptions, CarriedAttempt } from './carried-attempt.ts';
import type { EndpointTimeouts } from './timeouts.ts';

export class InFlight {
  readonly #attempts = new Deadlines<CarriedAttempt>();
  readonly #name: string;
  #lastUsedAt = performance.now();
  #onEmpty: (() => void) | undefined;
  waiting = 0;

  /** `name`: the pool's, for the log. */
  constructor(name: string) {
    this.#name = name;
  }

  get size(): number {
    return this.#attempts.size;
  }

  isIdleSince(time: number): boolean {
    return this.size === 0 && this.#lastUsedAt <= time;
  }

  /** For a new attempt, which then waits. */
  options(timeouts: EndpointTimeouts): AttemptOptions {
    return {
      name: this.#name,
      timeouts,
      deadlines: this.#attempts,
      onReleased: (isStarted) => this.#release(isStarted),
    };
  }

  /** When all have come to their end; those that have not after `deadlineMs` are ended. */
  async emptied(deadlineMs: number): Promise<void> {
    if (this.size === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#onEmpty = resolve;
    const timer = setTimeout(() => {
      const error = new SallyportError('upstream_unavailable', `${this.#name}: closed at the deadline`);
      for (const attempt of this.#attempts.members) attempt.fail(error);
    }, deadlineMs);
    await promise;
    clearTimeout(timer);
  }

  #release(isStarted: boolean): void {
    if (!isStarted) this.waiting--;
    if (this.size > 0) return;
    this.#lastUsedAt = performance.now();
    this.#onEmpty?.();
  }
}
