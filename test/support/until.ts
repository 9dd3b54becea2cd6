// Waits for something to become true without guessing how long it takes.
import { setImmediate as nextTurn, setTimeout as wait } from 'node:timers/promises';

/** Turns of the event loop for what is nearly there; then a look now and then, so that waiting takes no processor. */
const TURNS = 50;
const LOOK_MS = 2;

/** The first value of `probe` that is not undefined or false; fails after `deadlineMs`, default 10 s. */
export async function until<T>(probe: () => T | undefined | false, deadlineMs = 10_000): Promise<T> {
  const end = performance.now() + deadlineMs;
  for (let turn = 0; ; turn++) {
    const value = probe();
    if (value !== undefined && value !== false) return value;
    if (performance.now() > end) throw new Error(`not within ${deadlineMs} ms: ${probe.toString()}`);
    await (turn < TURNS ? nextTurn() : wait(LOOK_MS));
  }
}
