// The chunked coding (RFC 9112 7.1), byte by byte where framing is judged and in whole slices where data passes. What
// surrounds the data is bounded, or a client could make the proxy work for bodies that never grow (CVE-2024-22019).
import { SallyportError } from '../core/errors.ts';
import type { FlatHeaders } from '../core/flat-headers.ts';
import { type DataEvents, NO_TRAILERS } from './body-events.ts';
import { EXTENSION_START, mayExtensionEnd, nextExtensionState } from './chunk-extension.ts';
import { CR, HEX, LF } from './grammar.ts';
import { HeadReader } from './head-reader.ts';
import type { HeadLimits } from './limits.ts';

const SIZE = 0;
const EXTENSION = 1;
const SIZE_LF = 2;
const DATA = 3;
const DATA_CR = 4;
const DATA_LF = 5;
const TRAILER = 6;
const DONE = 7;

const MAX_SIZE_DIGITS = 16;
/** Framing bytes beyond 16 + twice the data of each chunk: room for long extensions, not for nothing else. */
const MAX_EXCESS_BYTES = 16_384;
const SEMICOLON = 0x3b;

export interface ChunkedBodySettings {
  /** For the trailer section. */
  readonly limits: HeadLimits;
  /** Data bytes of one body; beyond: body_too_large, told by the size line before the data comes. */
  readonly maxBytes: number;
}

export class ChunkedBody {
  readonly #settings: ChunkedBodySettings;
  readonly #events: DataEvents;
  #trailers: HeadReader | undefined;
  #state = SIZE;
  #extension = EXTENSION_START;
  #digits = 0;
  /** Of the size line: the size read so far; then the data bytes of the chunk still to come. */
  #size = 0;
  #bytes = 0;
  #excess = 0;

  constructor(settings: ChunkedBodySettings, events: DataEvents) {
    this.#settings = settings;
    this.#events = events;
  }

  get isDone(): boolean {
    return this.#state === DONE;
  }

  /** Ready for the next body. */
  reset(): void {
    this.#state = SIZE;
    this.#digits = 0;
    this.#size = 0;
    this.#bytes = 0;
    this.#excess = 0;
    this.#trailers?.reset();
  }

  /**
   * Goes on at `chunk[from]`; returns the position behind the last byte taken.
   * Throws bad_chunk, bad_trailer, body_too_large, headers_too_large.
   */
  decode(chunk: Buffer, from: number): number {
    let at = from;
    while (at < chunk.length && this.#state !== DONE) {
      if (this.#state === DATA) at = this.#decodeData(chunk, at);
      else if (this.#state === TRAILER) at = this.#decodeTrailer(chunk, at);
      else this.#decodeFraming(chunk[at++] as number);
    }
    return at;
  }

  /** `[name, value, …]` of the trailer section, not judged by name; only once done. */
  get trailers(): FlatHeaders {
    return this.#trailers === undefined || this.#trailers.text === '' ? NO_TRAILERS : this.#trailers.fields();
  }

  #decodeData(chunk: Buffer, from: number): number {
    const to = Math.min(chunk.length, from + this.#size);
    this.#size -= to - from;
    if (this.#size === 0) this.#state = DATA_CR;
    this.#events.onData(chunk.subarray(from, to));
    return to;
  }

  #decodeFraming(byte: number): void {
    switch (this.#state) {
      case SIZE:
        this.#decodeSize(byte);
        break;
      case EXTENSION:
        this.#decodeExtension(byte);
        break;
      case SIZE_LF:
        if (byte !== LF) throw new SallyportError('bad_chunk', 'CR without LF');
        this.#state = this.#size === 0 ? TRAILER : DATA;
        this.#digits = 0;
        break;
      case DATA_CR:
        if (byte !== CR) throw new SallyportError('bad_chunk', 'data longer than its size');
        this.#state = DATA_LF;
        break;
      default:
        if (byte !== LF) throw new SallyportError('bad_chunk', 'CR without LF');
        this.#state = SIZE;
    }
  }

  #decodeSize(byte: number): void {
    const digit = HEX[byte] as number;
    if (digit < 16) {
      this.#size = this.#size * 16 + digit;
      if (++this.#digits > MAX_SIZE_DIGITS || this.#size > Number.MAX_SAFE_INTEGER)
        throw new SallyportError('bad_chunk', 'size too large');
      return;
    }
    if (this.#digits === 0) throw new SallyportError('bad_chunk', 'no size');
    if (byte === CR) this.#endSizeLine();
    else if (byte === SEMICOLON) {
      this.#state = EXTENSION;
      this.#extension = EXTENSION_START;
    } else throw new SallyportError('bad_chunk', 'size is not hexadecimal');
  }

  #decodeExtension(byte: number): void {
    if (byte === CR && mayExtensionEnd(this.#extension)) {
      this.#endSizeLine();
      return;
    }
    this.#extension = nextExtensionState(this.#extension, byte);
    if (this.#extension === -1) throw new SallyportError('bad_chunk', 'extension');
    if (++this.#excess > MAX_EXCESS_BYTES) throw new SallyportError('bad_chunk', 'too much framing');
  }

  #endSizeLine(): void {
    this.#excess = Math.max(0, this.#excess + this.#digits + 4 - 16 - 2 * this.#size);
    if (this.#excess > MAX_EXCESS_BYTES) throw new SallyportError('bad_chunk', 'too much framing');
    this.#bytes += this.#size;
    if (this.#bytes > this.#settings.maxBytes) throw new SallyportError('body_too_large');
    this.#state = SIZE_LF;
  }

  #decodeTrailer(chunk: Buffer, from: number): number {
    // Nearly every body ends without trailers: CR LF at once needs no reader.
    if (this.#isBare(chunk, from)) {
      this.#state = DONE;
      return from + 2;
    }
    this.#trailers ??= new HeadReader(this.#settings.limits, undefined);
    const to = readTrailers(this.#trailers, chunk, from);
    if (to === -1) return chunk.length;
    this.#state = DONE;
    return to;
  }

  #isBare(chunk: Buffer, from: number): boolean {
    return (
      chunk[from] === CR && chunk[from + 1] === LF && (this.#trailers === undefined || this.#trailers.isEmpty)
    );
  }
}

function readTrailers(reader: HeadReader, chunk: Buffer, from: number): number {
  try {
    return reader.read(chunk, from);
  } catch (error) {
    if (error instanceof SallyportError && error.code !== 'headers_too_large')
      throw new SallyportError('bad_trailer', error.context, error);
    throw error;
  }
}
