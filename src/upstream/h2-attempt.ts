// One request on a stream of HTTP/2: the upstream contract on one side, a stream of node:http2 on the other. Delivers
// exactly one end, whatever the stream does afterwards.
import { type ClientHttp2Stream, constants } from 'node:http2';
import type { Deadline, Deadlines } from '../core/deadlines.ts';
import { SallyportError } from '../core/errors.ts';
import { type FlatHeaders, headerValue } from '../core/flat-headers.ts';
import { noteReceived } from '../core/collection.ts';
import { type Phase, phaseEnd, phaseFault } from './attempt-phases.ts';
import type { Attempt, AttemptSink, OutgoingHead, Sent } from './contract.ts';
import type { EndpointTimeouts } from './timeouts.ts';

export interface H2AttemptOptions {
  /** The endpoint's, for the log. */
  readonly name: string;
  readonly timeouts: EndpointTimeouts;
  readonly deadlines: Deadlines<H2Attempt>;
  /** Called once, when it holds no stream and waits for none. */
  readonly onReleased: (isStarted: boolean) => void;
}

const {
  NGHTTP2_FLAG_END_STREAM,
  NGHTTP2_CANCEL,
  NGHTTP2_NO_ERROR,
  NGHTTP2_PROTOCOL_ERROR,
  NGHTTP2_REFUSED_STREAM,
} = constants;
const NO_FIELDS: FlatHeaders = [];

export class H2Attempt implements Attempt, Deadline {
  readonly head: OutgoingHead;
  readonly #sink: AttemptSink;
  readonly #options: H2AttemptOptions;
  #stream: ClientHttp2Stream | undefined;
  #isStarted = false;
  #isReleased = false;
  #isOver = false;
  #hasHead = false;
  #sent: Sent = 'none';
  /** Body that came before there was a stream. */
  #early: Buffer[] = [];
  #bodyBytes = 0;
  #isBodyEnded: boolean;
  #isBlocked = false;
  #isPaused = false;
  /** Of the request, to be sent behind its body. */
  #trailers: FlatHeaders = NO_FIELDS;
  #answerTrailers: FlatHeaders = NO_FIELDS;
  #phase: Phase = 'wait';
  /** Who does it instead. */
  #other: Attempt | undefined;
  readonly openedAt = performance.now();
  rosterIndex = -1;
  dueAt = Infinity;

  constructor(head: OutgoingHead, sink: AttemptSink, options: H2AttemptOptions) {
    this.head = head;
    this.#sink = sink;
    this.#options = options;
    this.#isBodyEnded = head.contentLength === 0;
    options.deadlines.add(this);
    this.#enter('wait');
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  // --- the upstream contract ---

  write(chunk: Buffer): boolean {
    if (this.#other !== undefined) return this.#other.write(chunk);
    if (this.#isOver || this.#isBodyEnded) return true;
    this.#bodyBytes += chunk.length;
    const announced = this.head.contentLength;
    if (announced !== undefined && this.#bodyBytes > announced) {
      this.fail(new SallyportError('internal', 'the request body is longer than announced'));
      return true;
    }
    if (this.#stream !== undefined) return this.#pass(chunk, this.#stream);
    this.#early.push(chunk);
    this.#isBlocked = true;
    return false;
  }

  end(trailers: FlatHeaders = NO_FIELDS): void {
    if (this.#other !== undefined) return this.#other.end(trailers);
    if (this.#isOver || this.#isBodyEnded) return;
    this.#isBodyEnded = true;
    this.#trailers = trailers;
    const announced = this.head.contentLength;
    if (announced !== undefined && this.#bodyBytes !== announced)
      this.fail(new SallyportError('internal', 'the request body is shorter than announced'));
    else if (this.#stream !== undefined) this.#endBody(this.#stream);
  }

  abort(): void {
    this.#other?.abort();
    if (this.#isOver) return;
    this.#isOver = true;
    this.#discard();
  }

  pause(): void {
    this.#other?.pause();
    this.#isPaused = true;
    this.#stream?.pause();
    if (this.#phase === 'answer') this.dueAt = Infinity;
  }

  resume(): void {
    this.#other?.resume();
    if (!this.#isPaused) return;
    this.#isPaused = false;
    if (this.#phase === 'answer' && !this.#isOver) this.#enter('answer');
    this.#stream?.resume();
  }

  /** Another does it, from the beginning: nothing of it has been sent. */
  handOver(open: (head: OutgoingHead, sink: AttemptSink) => Attempt): void {
    const [early, isEnded] = [this.#early, this.#isBodyEnded];
    this.#isOver = true;
    this.#early = [];
    this.#release();
    const other = open(this.head, this.#sink);
    this.#other = other;
    for (const chunk of early) other.write(chunk);
    if (isEnded) other.end(this.#trailers);
    if (this.#isPaused) other.pause();
  }

  // --- the stream ---

  /** Its head is on the way on this stream. */
  start(stream: ClientHttp2Stream): void {
    this.#stream = stream;
    this.#isStarted = true;
    this.dueAt = Infinity;
    this.#sent = 'partial';
    stream.on('error', ignore);
    stream.on('headers', (headers, _flags, raw: FlatHeaders) =>
      this.#onInformational(headers[':status'], raw),
    );
    stream.on('response', (headers, flags, raw: FlatHeaders) => {
      const fields = withoutPseudo(raw);
      const hasEnded = (flags & NGHTTP2_FLAG_END_STREAM) !== 0 && this.head.method !== 'HEAD';
      // That no body follows is said by a length elsewhere; gRPC has its status in such a head (Trailers-Only).
      const isSilent = hasEnded && headerValue(fields, 'content-length') === undefined;
      this.#onHead(headers[':status'] ?? 0, isSilent ? [...fields, 'content-length', '0'] : fields);
    });
    stream.on('trailers', (_headers, _flags, raw: FlatHeaders) => (this.#answerTrailers = raw));
    stream.on('data', (chunk: Buffer) => this.#onData(chunk));
    stream.on('end', () => this.#onEnd(stream));
    stream.on('drain', () => this.#onDrain());
    stream.on('wantTrailers', () => stream.sendTrailers(objectOf(this.#trailers)));
    stream.on('close', () => this.#onClosed(stream.rstCode));
    if (this.#isPaused) stream.pause();
    for (const chunk of this.#early) this.#pass(chunk, stream);
    this.#early = [];
    if (this.#isBodyEnded) this.#endBody(stream);
    else if (this.#isBlocked && !stream.writableNeedDrain) this.#onDrain();
  }

  #onInformational(status: number | undefined, raw: FlatHeaders): void {
    if (!this.#isOver && status !== undefined) this.#sink.onInformational(status, withoutPseudo(raw));
  }

  #onHead(status: number, headers: FlatHeaders): void {
    if (this.#isOver) return;
    if (status < 200 || status > 599) {
      this.fail(new SallyportError('upstream_protocol', `${this.#options.name}: status ${status}`));
      return;
    }
    this.#hasHead = true;
    this.#enter('answer');
    if (this.#isPaused) this.dueAt = Infinity;
    this.#sink.onHead(status, headers);
  }

  #onData(chunk: Buffer): void {
    noteReceived(chunk.length);
    if (this.#isOver) return;
    if (this.dueAt !== Infinity) this.#enter('answer');
    this.#sink.onData(chunk);
  }

  /** The end of a stream that was reset, or whose connection is gone, looks the same: it is no end. */
  #onEnd(stream: ClientHttp2Stream): void {
    const isWhole =
      this.#hasHead &&
      (stream.rstCode ?? NGHTTP2_NO_ERROR) === NGHTTP2_NO_ERROR &&
      stream.session?.destroyed === false;
    if (this.#isOver || !isWhole) return;
    this.#isOver = true;
    this.#release();
    // The answer may end before the request: what is left of it is of no use to anybody.
    if (!this.#isBodyEnded) stream.close(NGHTTP2_CANCEL);
    this.#sink.onEnd(this.#answerTrailers);
  }

  #onClosed(code: number | undefined): void {
    this.#stream = undefined;
    if (this.#isOver) return;
    if (code === NGHTTP2_REFUSED_STREAM) this.#sent = 'none';
    const isTheirs = code !== undefined && code !== NGHTTP2_NO_ERROR;
    const fault = this.#hasHead
      ? 'upstream_cut'
      : code === NGHTTP2_PROTOCOL_ERROR
        ? 'upstream_protocol'
        : 'upstream_reset';
    const text = isTheirs ? `the stream was reset with code ${code}` : 'the connection was closed';
    this.fail(new SallyportError(fault, `${this.#options.name}: ${text}`));
  }

  #onDrain(): void {
    if (this.#isOver || !this.#isBlocked) return;
    this.#isBlocked = false;
    if (this.#phase === 'body') this.dueAt = Infinity;
    this.#sink.onDrain();
  }

  fail(error: SallyportError): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#discard();
    this.#sink.onError(error, this.#sent);
  }

  onDue(): void {
    this.fail(phaseFault(this.#phase, this.#options.timeouts, this.#options.name));
  }

  #enter(phase: Phase): void {
    const { timeouts, deadlines } = this.#options;
    this.#phase = phase;
    this.dueAt = phaseEnd(phase, timeouts, deadlines.now());
  }

  #pass(chunk: Buffer, stream: ClientHttp2Stream): boolean {
    if (stream.destroyed || stream.writableEnded) return true;
    const hasRoom = stream.write(chunk);
    if (!hasRoom) {
      this.#isBlocked = true;
      if (!this.#hasHead) this.#enter('body');
    }
    return hasRoom;
  }

  #endBody(stream: ClientHttp2Stream): void {
    this.#sent = 'all';
    stream.end();
    if (!this.#hasHead) this.#enter('head');
  }

  #discard(): void {
    this.#stream?.close(NGHTTP2_CANCEL);
    this.#stream = undefined;
    this.#early = [];
    this.#release();
  }

  #release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.#options.deadlines.remove(this);
    this.#options.onReleased(this.#isStarted);
  }
}

const ignore = (): void => {};

function withoutPseudo(raw: FlatHeaders): FlatHeaders {
  return raw.filter((_, index) => raw[index - (index % 2)]?.startsWith(':') !== true);
}

/** A name given twice has a list of values. */
export function objectOf(flat: FlatHeaders): Record<string, string[]> {
  const fields: Record<string, string[]> = {};
  for (let i = 0; i < flat.length; i += 2)
    (fields[(flat[i] ?? '').toLowerCase()] ??= []).push(flat[i + 1] ?? '');
  return fields;
}
