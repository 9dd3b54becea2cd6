// The body of a request, kept until all of it is there, and passed on then in one piece. In one buffer that grows: pieces
// as small as a client makes them would cost a hundred times what they hold.
import { SallyportError } from '../core/errors.ts';
import type { FlatHeaders } from '../core/flat-headers.ts';
import type { Exchange, RequestBodySink } from '../exchange/exchange.ts';

/** Where a body comes from: the client, or what was kept of what it sent. */
export type BodySource = Pick<Exchange, 'readBody' | 'pauseBody' | 'resumeBody'>;

/** Bytes that all bodies together hold. */
export class ByteBudget {
  #taken = 0;

  get taken(): number {
    return this.#taken;
  }

  /** False, and nothing is taken, where it would be more than `maxBytes` then. */
  take(bytes: number, maxBytes: number): boolean {
    if (this.#taken + bytes > maxBytes) return false;
    this.#taken += bytes;
    return true;
  }

  giveBack(bytes: number): void {
    this.#taken -= bytes;
  }
}

export interface BufferSettings {
  readonly maxBytes: number;
  /** What is taken for it; undefined: it counts nowhere. */
  readonly budget?: { readonly bytes: ByteBudget; readonly maxBytes: number } | undefined;
}

export interface BufferEvents {
  onWhole(): void;
  /** It will never be whole, or is too large. Nothing follows. */
  onFault(error: SallyportError): void;
}

const FIRST_BYTES = 4096;

export class BufferedBody implements RequestBodySink, BodySource {
  readonly #settings: BufferSettings;
  readonly #events: BufferEvents;
  #buffer = Buffer.alloc(0);
  #length = 0;
  #trailers: FlatHeaders = [];
  #isFilling = true;
  #isPassed = false;
  #isPaused = false;
  #reader: RequestBodySink | undefined;

  constructor(settings: BufferSettings, events: BufferEvents) {
    this.#settings = settings;
    this.#events = events;
  }

  get length(): number {
    return this.#length;
  }

  get bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  // What comes from the client

  onData(chunk: Buffer): void {
    if (!this.#isFilling) return;
    const needed = this.#length + chunk.length;
    if (needed > this.#settings.maxBytes) return this.onAbort(new SallyportError('body_too_large'));
    if (needed > this.#buffer.length && !this.#grow(needed))
      return this.onAbort(new SallyportError('overloaded'));
    chunk.copy(this.#buffer, this.#length);
    this.#length = needed;
  }

  onEnd(trailers: FlatHeaders): void {
    if (!this.#isFilling) return;
    this.#isFilling = false;
    this.#trailers = trailers;
    this.#events.onWhole();
  }

  onAbort(error: SallyportError): void {
    if (!this.#isFilling) return;
    this.#isFilling = false;
    this.discard();
    this.#events.onFault(error);
  }

  /** To twice the size, so that a body of any length is copied but twice. */
  #grow(needed: number): boolean {
    const { maxBytes, budget } = this.#settings;
    const size = Math.min(maxBytes, Math.max(needed, 2 * this.#buffer.length, FIRST_BYTES));
    if (budget?.bytes.take(size - this.#buffer.length, budget.maxBytes) === false) return false;
    const larger = Buffer.allocUnsafeSlow(size);
    this.bytes.copy(larger);
    this.#buffer = larger;
    return true;
  }

  // What goes to the app

  readBody(reader: RequestBodySink): void {
    this.#reader = reader;
    this.resumeBody();
  }

  pauseBody(): void {
    this.#isPaused = true;
  }

  resumeBody(): void {
    this.#isPaused = false;
    if (!this.#isPassed) {
      this.#isPassed = true;
      this.#reader?.onData(this.bytes);
    }
    if (this.#isPaused) return;
    this.discard();
    const reader = this.#reader;
    this.#reader = undefined;
    reader?.onEnd(this.#trailers);
  }

  /** It is needed no more. */
  discard(): void {
    this.#settings.budget?.bytes.giveBack(this.#buffer.length);
    this.#buffer = Buffer.alloc(0);
  }
}
