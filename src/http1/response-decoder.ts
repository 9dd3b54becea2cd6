// Answers out of bytes: the request decoder's twin for what an upstream sends. As strict; every fault is the upstream's.
// `expect` says which request is answered next: without one no byte is taken, so whatever comes unasked is left over.
import { SallyportError } from '../core/errors.ts';
import type { FlatHeaders } from '../core/flat-headers.ts';
import { type BodyEvents, NO_TRAILERS } from './body-events.ts';
import { ChunkedBody } from './chunked-body.ts';
import { isForbiddenTrailer } from './forbidden-trailers.ts';
import { HeadReader } from './head-reader.ts';
import { LengthBody } from './length-body.ts';
import type { HeadLimits } from './limits.ts';
import { MessageFields } from './message-fields.ts';
import { type ResponseHead, responseHeadOf } from './response-head.ts';
import { StatusLine } from './status-line.ts';

export interface ResponseEvents extends BodyEvents {
  /** 1xx but 101; any number before the final head, up to 16. */
  onInformational(status: number, headers: FlatHeaders): void;
  /** The final head. After 101 (`onEnd` follows at once) the bytes that `decode` did not take belong to the tunnel. */
  onHead(head: ResponseHead): void;
}

export interface ExpectedResponse {
  readonly method: string;
  /** Whether 101 is an answer. Default false. */
  readonly mayUpgrade?: boolean;
}

const IDLE = 0;
const HEAD = 1;
const LENGTH_BODY = 2;
const CHUNKED_BODY = 3;
const OPEN_BODY = 4;
const BROKEN = 5;

const MAX_INFORMATIONAL = 16;

export class ResponseDecoder {
  readonly #events: ResponseEvents;
  readonly #reader: HeadReader;
  readonly #line = new StatusLine();
  readonly #fields = new MessageFields();
  readonly #lengthBody: LengthBody;
  readonly #chunkedBody: ChunkedBody;
  #state = IDLE;
  #expected: ExpectedResponse = { method: 'GET' };
  #informational = 0;
  #error: unknown;

  constructor(limits: HeadLimits, events: ResponseEvents) {
    this.#events = events;
    this.#reader = new HeadReader(limits, this.#line);
    this.#lengthBody = new LengthBody(events);
    this.#chunkedBody = new ChunkedBody({ limits, maxBytes: Infinity }, events);
  }

  /** Whether no answer is under way. */
  get isIdle(): boolean {
    return this.#state === IDLE;
  }

  /** Arms it for the answer to a request. Throws `internal` while another is under way. */
  expect(request: ExpectedResponse): void {
    if (this.#state !== IDLE) throw new SallyportError('internal', 'an answer is under way');
    this.#expected = request;
    this.#informational = 0;
    this.#reader.reset();
    this.#state = HEAD;
  }

  /**
   * Takes bytes and returns how many: fewer than given only where the answer ended inside. What is left then is the
   * next answer's, a tunnel's, or a surplus nobody asked for, after which the connection must not be used again.
   * Throws upstream_protocol or upstream_headers_too_large, and the same on every later call.
   */
  decode(chunk: Buffer): number {
    if (this.#state === BROKEN) throw this.#error;
    try {
      return this.#decode(chunk);
    } catch (error) {
      this.#state = BROKEN;
      this.#error = asUpstreamFault(error);
      throw this.#error;
    }
  }

  /**
   * The upstream closed its side: ends a body that only the close ends, and does nothing while idle.
   * Throws upstream_reset where the answer has not begun, upstream_cut where it is incomplete.
   */
  finish(): void {
    if (this.#state === BROKEN) throw this.#error;
    if (this.#state === IDLE) return;
    if (this.#state === OPEN_BODY) {
      this.#end(NO_TRAILERS);
      return;
    }
    const isUnanswered = this.#state === HEAD && this.#reader.isEmpty && this.#informational === 0;
    this.#state = BROKEN;
    this.#error = new SallyportError(isUnanswered ? 'upstream_reset' : 'upstream_cut');
    throw this.#error;
  }

  #decode(chunk: Buffer): number {
    let at = 0;
    while (this.#state === HEAD && at < chunk.length) {
      const to = this.#reader.read(chunk, at);
      if (to === -1) return chunk.length;
      at = to;
      this.#takeHead();
    }
    if (this.#state === LENGTH_BODY) {
      at = this.#lengthBody.decode(chunk, at);
      if (this.#lengthBody.remaining === 0) this.#end(NO_TRAILERS);
    } else if (this.#state === CHUNKED_BODY) {
      at = this.#chunkedBody.decode(chunk, at);
      if (this.#chunkedBody.isDone) this.#end(withoutForbidden(this.#chunkedBody.trailers));
    } else if (this.#state === OPEN_BODY && at < chunk.length) {
      this.#events.onData(chunk.subarray(at));
      at = chunk.length;
    }
    return at;
  }

  #takeHead(): void {
    const { status, isHttp11 } = this.#line;
    const headers = this.#reader.fields();
    if (status < 200 && status !== 101) {
      // HTTP/1.0 knows no interim answers (RFC 9110 15.2): a reader of that time takes it for the final one.
      if (!this.#line.isHttp11) throw new SallyportError('upstream_protocol', '1xx in HTTP/1.0');
      if (++this.#informational > MAX_INFORMATIONAL)
        throw new SallyportError('upstream_protocol', 'too many interim answers');
      this.#reader.reset();
      this.#events.onInformational(status, headers);
      return;
    }
    if (status === 101 && this.#expected.mayUpgrade !== true)
      throw new SallyportError('upstream_protocol', '101 that nobody asked for');
    this.#fields.gather(headers);
    const head = responseHeadOf({ status, isHttp11, method: this.#expected.method }, headers, this.#fields);
    this.#armBody(head);
    this.#events.onHead(head);
  }

  #armBody({ body }: ResponseHead): void {
    if (body === 'until_close') this.#state = OPEN_BODY;
    else if (body === 'chunked') {
      this.#chunkedBody.reset();
      this.#state = CHUNKED_BODY;
    } else {
      this.#lengthBody.remaining = body === 'none' ? 0 : body;
      this.#state = LENGTH_BODY;
    }
  }

  #end(trailers: FlatHeaders): void {
    this.#state = IDLE;
    this.#events.onEnd(trailers);
  }
}

/** The shared parts speak of requests; here the same fault is the upstream's. Anything else is passed on as it is. */
function asUpstreamFault(error: unknown): unknown {
  if (!(error instanceof SallyportError) || error.kind.source !== 'client') return error;
  const code = error.code === 'headers_too_large' ? 'upstream_headers_too_large' : 'upstream_protocol';
  return new SallyportError(code, error.message, error);
}

/** Dropped, not refused: the body has gone through already, and its end is no fault. */
function withoutForbidden(trailers: FlatHeaders): FlatHeaders {
  if (trailers.length === 0) return trailers;
  const kept: string[] = [];
  for (let i = 0; i < trailers.length; i += 2)
    if (!isForbiddenTrailer(trailers[i] as string))
      kept.push(trailers[i] as string, trailers[i + 1] as string);
  return kept;
}
