// What a body decoder tells. Called synchronously from `decode`; the bytes are a view into the chunk that was given,
// so whoever keeps them longer than the chunk lives must copy.
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
