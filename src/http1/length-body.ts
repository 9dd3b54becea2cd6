// A body of known length: counts it off.
import type { DataEvents } from './body-events.ts';

export class LengthBody {
  /** Bytes still to come. */
  remaining = 0;
  readonly #events: DataEvents;

  constructor(events: DataEvents) {
    this.#events = events;
  }

  /** Takes what belongs to the body from `chunk[from]` on; returns the position behind. Done when nothing remains. */
  decode(chunk: Buffer, from: number): number {
    const to = Math.min(chunk.length, from + this.remaining);
    if (to === from) return from;
    this.remaining -= to - from;
    this.#events.onData(from === 0 && to === chunk.length ? chunk : chunk.subarray(from, to));
    return to;
  }
}
