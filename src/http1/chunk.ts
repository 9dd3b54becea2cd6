// The chunked coding on the way out (RFC 9112 7.1): no extensions, one chunk for each piece of data.
import type { FlatHeaders } from '../core/flat-headers.ts';
import { fieldLines } from './write-head.ts';

/** Ends the data of a chunk. */
export const CHUNK_END = '\r\n';

/** Ends a body without trailers. */
export const LAST_CHUNK = '0\r\n\r\n';

/** What stands before the data of a chunk. `bytes` must not be 0: that would end the body. */
export function chunkStart(bytes: number): string {
  if (bytes === 0) throw new RangeError('an empty chunk would end the body');
  return `${bytes.toString(16)}\r\n`;
}

/** Ends a body, with trailers. Throws `internal` for a field that cannot be written. */
export function lastChunkText(trailers: FlatHeaders): string {
  return trailers.length === 0 ? LAST_CHUNK : `0\r\n${fieldLines(trailers)}\r\n`;
}
