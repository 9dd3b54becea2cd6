// The requests that a pool has on its hands: how many, how many of them wait for a connection, and until when there were
// some.
import { Deadlines } from '../core/deadlines.ts';
import { SallyportError } from '../core/errors.ts';
import type { AttemptOwner, CarriedAttempt } from './carried-attempt.ts';

export class InFlight implements AttemptOwner {
  readonly name: string;
  readonly deadlines = new Deadlines<CarriedAttempt>();
  #lastUsedAt = performance.now();
  #onEmpty: (() => void) | undefined;
  waiting = 0;

  /** `name`: the pool's, for the log. */
  constructor(name: string) {
    this.name = name;
  }

  get size(): number {
    return this.deadlines.size;
  }

  isIdleSince(time: number): boolean {
    return this.size === 0 && this.#lastUsedAt <= time;
  }

  /** When all have come to their end; those that have not after `deadlineMs` are ended. */
  async emptied(deadlineMs: number): Promise<void> {
    if (this.size === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#onEmpty = resolve;
    const timer = setTimeout(() => {
      const error = new SallyportError('upstream_unavailable', `${this.name}: closed at the deadline`);
      for (const attempt of this.deadlines.members) attempt.fail(error);
    }, deadlineMs);
    await promise;
    clearTimeout(timer);
  }

  release(isStarted: boolean): void {
    if (!isStarted) this.waiting--;
    if (this.size > 0) return;
    this.#lastUsedAt = performance.now();
    this.#onEmpty?.();
  }
}
