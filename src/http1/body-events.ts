// What a decoder tells of a body. Called synchronously from `decode`, and for all of the chunk it was given: whoever has
// given up in between must ignore the rest. The bytes are a view into that chunk, to be copied by whoever keeps them.
import type { FlatHeaders } from '../core/flat-headers.ts';

export interface DataEvents {
  /** Never empty. */
  onData(bytes: Buffer): void;
}

export interface BodyEvents extends DataEvents {
  /** The message is complete. Nothing follows. */
  onEnd(trailers: FlatHeaders): void;
}

export const NO_TRAILERS: FlatHeaders = Object.freeze([]);
