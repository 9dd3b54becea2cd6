// Long work on the thread that serves, cut into slices by time: how long an item takes depends on the machine, on the
// garbage collector and on what else runs, so that no count of items is a promise.
import { setImmediate as nextTurn } from 'node:timers/promises';

/** Short, because a request takes several turns of the event loop and may wait for a slice in each of them. */
const SLICE_MS = 2;

export class TimeSlices {
  #began = performance.now();

  /** Whether the event loop is to have its turn now: `if (slices.isOver) await slices.pause()`. */
  get isOver(): boolean {
    return performance.now() - this.#began > SLICE_MS;
  }

  /** Lets the event loop turn; the next slice begins after it. */
  async pause(): Promise<void> {
    await nextTurn();
    this.#began = performance.now();
  }
}
