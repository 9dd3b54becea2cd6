// Requests that wait for a connection, first come first served.
import type { RawAttempt } from './raw-attempt.ts';

export interface Waiting {
  readonly attempt: RawAttempt;
  readonly headText: string;
  /** Whether it may stand in line with others. */
  readonly isShareable: boolean;
}

export class RawQueue {
  readonly #waiting: Waiting[] = [];

  /** Those that have given up included, until they are met. */
  get length(): number {
    return this.#waiting.length;
  }

  /** The next to be served. */
  get first(): Waiting | undefined {
    while (this.#waiting[0]?.attempt.isOver === true) this.#waiting.shift();
    return this.#waiting[0];
  }

  push(waiting: Waiting): void {
    this.#waiting.push(waiting);
  }

  /** In front of all others. */
  pushFront(waiting: readonly Waiting[]): void {
    this.#waiting.unshift(...waiting);
  }

  next(): Waiting | undefined {
    const { first } = this;
    if (first !== undefined) this.#waiting.shift();
    return first;
  }

  /** As many as may stand in line with each other, up to the first that may not. */
  nextLine(most: number): Waiting[] {
    const line: Waiting[] = [];
    while (line.length < most && this.first?.isShareable === true) line.push(this.next() as Waiting);
    return line;
  }
}
