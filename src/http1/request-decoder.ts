// Requests out of bytes: a push parser owned by one connection for its life. Strict: whatever two parsers could read
// differently is refused, never repaired (RFC 9112, docs/http1.md).
import { SallyportError } from '../core/errors.ts';
import { type BodyEvents, NO_TRAILERS } from './body-events.ts';
import { ChunkedBody } from './chunked-body.ts';
import { isForbiddenTrailer } from './forbidden-trailers.ts';
import { CR, LF } from './grammar.ts';
import { HeadReader } from './head-reader.ts';
import { LengthBody } from './length-body.ts';
import type { RequestLimits } from './limits.ts';
import { type RequestHead, RequestHeadBuilder } from './request-head.ts';
import { RequestLine } from './request-line.ts';

export interface RequestEvents extends BodyEvents {
  onHead(head: RequestHead): void;
}

const HEAD = 0;
const LENGTH_BODY = 1;
const CHUNKED_BODY = 2;
const DONE = 3;
const BROKEN = 4;

export class RequestDecoder {
  readonly #events: RequestEvents;
  readonly #limits: RequestLimits;
  readonly #reader: HeadReader;
  readonly #builder: RequestHeadBuilder;
  readonly #lengthBody: LengthBody;
  #chunkedBody: ChunkedBody | undefined;
  #state = HEAD;
  /** Bytes seen of the one empty line that may stand before a request (RFC 9112 2.2). */
  #emptyLineBytes = 0;
  #error: unknown;

  constructor(limits: RequestLimits, events: RequestEvents) {
    const line = new RequestLine(limits.maxTargetBytes);
    this.#events = events;
    this.#limits = limits;
    this.#reader = new HeadReader(limits, line);
    this.#builder = new RequestHeadBuilder(line);
    this.#lengthBody = new LengthBody(events);
  }

  /** Whether it waits for the first byte of a request: what the idle timer runs on, and not the head timer. */
  get isIdle(): boolean {
    return this.#state === HEAD && this.#reader.isEmpty && this.#emptyLineBytes === 0;
  }

  /** Whether a message has ended and `next` was not called yet. */
  get isDone(): boolean {
    return this.#state === DONE;
  }

  /**
   * Takes bytes and returns how many: fewer than given only where the message ended inside, and 0 until `next` then.
   * Throws a SallyportError of the client's (the connection cannot be used any further, and every later call throws the
   * same); what an event throws passes through likewise.
   */
  decode(chunk: Buffer): number {
    if (this.#state === BROKEN) throw this.#error;
    try {
      return this.#decode(chunk);
    } catch (error) {
      this.#state = BROKEN;
      this.#error = error;
      throw error;
    }
  }

  /** Arms it for the next message; only once the last is done. Throws `internal` otherwise. */
  next(): void {
    if (this.#state !== DONE) throw new SallyportError('internal', 'the message has not ended');
    this.#reader.reset();
    this.#builder.reset();
    this.#emptyLineBytes = 0;
    this.#state = HEAD;
  }

  #decode(chunk: Buffer): number {
    let at = 0;
    if (this.#state === HEAD) {
      at = this.#decodeHead(chunk);
      if (at === -1) return chunk.length;
    }
    if (this.#state === LENGTH_BODY) {
      at = this.#lengthBody.decode(chunk, at);
      if (this.#lengthBody.remaining === 0) this.#end(NO_TRAILERS);
    } else if (this.#state === CHUNKED_BODY) {
      const body = this.#chunkedBody as ChunkedBody;
      at = body.decode(chunk, at);
      if (body.isDone) this.#end(judgedTrailers(body.trailers));
    }
    return at;
  }

  /** The position behind the head, or -1 when more is needed. */
  #decodeHead(chunk: Buffer): number {
    const from = this.#reader.isEmpty ? this.#skipEmptyLine(chunk) : 0;
    if (from >= chunk.length) return -1;
    const to = this.#reader.read(chunk, from);
    if (to === -1) return -1;
    const head = this.#builder.build(this.#reader);
    this.#armBody(head.contentLength);
    this.#events.onHead(head);
    return to;
  }

  #skipEmptyLine(chunk: Buffer): number {
    let at = 0;
    if (this.#emptyLineBytes === 0 && chunk[at] === CR) {
      this.#emptyLineBytes = 1;
      at++;
    }
    if (this.#emptyLineBytes === 1 && at < chunk.length) {
      if (chunk[at] !== LF) throw new SallyportError('bad_request_line', 'CR without LF');
      this.#emptyLineBytes = 2;
      at++;
    }
    return at;
  }

  #armBody(contentLength: number | undefined): void {
    if (contentLength === undefined) {
      this.#chunkedBody ??= new ChunkedBody(
        { limits: this.#limits, maxBytes: this.#limits.maxBodyBytes },
        this.#events,
      );
      this.#chunkedBody.reset();
      this.#state = CHUNKED_BODY;
      return;
    }
    if (contentLength > this.#limits.maxBodyBytes) throw new SallyportError('body_too_large');
    this.#lengthBody.remaining = contentLength;
    this.#state = LENGTH_BODY;
  }

  #end(trailers: readonly string[]): void {
    this.#state = DONE;
    this.#events.onEnd(trailers);
  }
}

function judgedTrailers(trailers: readonly string[]): readonly string[] {
  for (let i = 0; i < trailers.length; i += 2)
    if (isForbiddenTrailer(trailers[i] as string)) throw new SallyportError('bad_trailer', trailers[i]);
  return trailers;
}
