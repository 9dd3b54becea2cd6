// Waits for something to become true without guessing how long it takes.
import { setImmediate as nextTurn } from 'node:timers/promises';

/** The first value of `probe` that is not undefined or false; fails after `deadlineMs`, default 10 s. */
export async function until<T>(probe: () => T | undefined | false, deadlineMs = 10_000): Promise<T> {
  const end = performance.now() + deadlineMs;
  for (;;) {
    const value = probe();
    if (value !== undefined && value !== false) return value;
    if (performance.now() > end) throw new Error(`not within ${deadlineMs} ms: ${probe.toString()}`);
    await nextTurn();
  }
}
