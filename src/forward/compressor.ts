// The body of one answer on its way through zlib. What comes out goes to the client under the client's back-pressure,
// and what the client does not take the app is not asked for; where the app pauses, all that came so far goes out.
import {
  constants,
  createBrotliCompress,
  createGzip,
  createZstdCompress,
  type BrotliCompress,
  type Gzip,
  type ZstdCompress,
} from 'node:zlib';
import { SallyportError } from '../core/errors.ts';
import type { FlatHeaders } from '../core/flat-headers.ts';
import type { Coding } from './accept-encoding.ts';

type Encoder = Gzip | BrotliCompress | ZstdCompress;

export interface CompressorEvents {
  /** False: stop until `resume`. */
  onCompressed(chunk: Buffer): boolean;
  /** After `write` returned false: there is room again. */
  onRoom(): void;
  /** All of it was compressed and passed on. */
  onEnd(trailers: FlatHeaders): void;
  onError(error: SallyportError): void;
}

/**
 * Each holds up to 2 MiB of native memory (brotli's; gzip takes a fifth), for as long as its client takes to read.
 * Beyond so many answers at once they go out as they are.
 */
export const MAX_COMPRESSORS = 128;

/** Faster than most networks on one core, and small windows: what a page repeats is near. */
const ENCODERS: Readonly<Record<Coding, () => Encoder>> = {
  gzip: () => createGzip({ level: 5 }),
  br: () =>
    createBrotliCompress({
      params: { [constants.BROTLI_PARAM_QUALITY]: 4, [constants.BROTLI_PARAM_LGWIN]: 18 },
    }),
  zstd: () =>
    createZstdCompress({
      params: { [constants.ZSTD_c_compressionLevel]: 3, [constants.ZSTD_c_windowLog]: 19 },
    }),
};
const FLUSH: Readonly<Record<Coding, number>> = {
  gzip: constants.Z_SYNC_FLUSH,
  br: constants.BROTLI_OPERATION_FLUSH,
  zstd: constants.ZSTD_e_flush,
};

let underWay = 0;

/** How many there are now. */
export const compressorsUnderWay = (): number => underWay;

export class Compressor {
  readonly #encoder: Encoder;
  readonly #flushKind: number;
  /** Something went in that may not have come out. */
  #isDirty = false;
  #trailers: FlatHeaders = [];

  /** Undefined: there are too many already. */
  static open(coding: Coding, events: CompressorEvents): Compressor | undefined {
    return underWay < MAX_COMPRESSORS ? new Compressor(coding, events) : undefined;
  }

  private constructor(coding: Coding, events: CompressorEvents) {
    const encoder = ENCODERS[coding]();
    this.#encoder = encoder;
    this.#flushKind = FLUSH[coding];
    underWay++;
    encoder.on('close', () => underWay--);
    encoder.on('data', (chunk: Buffer) => {
      if (!events.onCompressed(chunk)) encoder.pause();
    });
    encoder.on('drain', () => events.onRoom());
    encoder.on('end', () => events.onEnd(this.#trailers));
    encoder.on('error', (error) => events.onError(new SallyportError('internal', 'zlib', error)));
  }

  /** False: stop until `onRoom`. */
  write(chunk: Buffer): boolean {
    this.#isDirty = true;
    return this.#encoder.write(chunk, this.#onTaken);
  }

  end(trailers: FlatHeaders): void {
    this.#trailers = trailers;
    this.#encoder.end();
  }

  resume(): void {
    this.#encoder.resume();
  }

  /** Nothing is called any more, and what was written does not end as if it were whole. */
  destroy(): void {
    this.#encoder.destroy();
  }

  /** Had the app more to say, it would be there by the end of this turn. */
  readonly #onTaken = (): void => {
    if (this.#encoder.writableLength === 0) setImmediate(this.#flush);
  };

  readonly #flush = (): void => {
    const { writableLength, writableEnded, destroyed } = this.#encoder;
    if (!this.#isDirty || writableLength > 0 || writableEnded || destroyed) return;
    this.#isDirty = false;
    this.#encoder.flush(this.#flushKind);
  };
}
