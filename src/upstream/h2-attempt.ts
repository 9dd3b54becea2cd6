// One request on a stream of HTTP/2: the upstream contract on one side, a stream of node:http2 on the other. Delivers
// exactly one end, whatever the stream does afterwards.
import { type ClientHttp2Stream, constants } from 'node:http2';
import { SallyportError } from '../core/errors.ts';
import { type FlatHeaders, headerValue } from '../core/flat-headers.ts';
import { noteReceived } from '../core/collection.ts';
import { CarriedAttempt, type Carrier } from './carried-attempt.ts';
import type { Attempt, AttemptSink, OutgoingHead } from './contract.ts';

const {
  NGHTTP2_FLAG_END_STREAM,
  NGHTTP2_CANCEL,
  NGHTTP2_NO_ERROR,
  NGHTTP2_PROTOCOL_ERROR,
  NGHTTP2_REFUSED_STREAM,
} = constants;

export class H2Attempt extends CarriedAttempt<StreamCarrier> {
  #isPaused = false;
  #answerTrailers: FlatHeaders = [];
  /** Who does it instead. */
  #other: Attempt | undefined;
  readonly openedAt = performance.now();

  override write(chunk: Buffer): boolean {
    return this.#other === undefined ? super.write(chunk) : this.#other.write(chunk);
  }

  override end(trailers?: FlatHeaders): void {
    if (this.#other === undefined) super.end(trailers);
    else this.#other.end(trailers);
  }

  override abort(): void {
    this.#other?.abort();
    super.abort();
  }

  pause(): void {
    this.#other?.pause();
    this.#isPaused = true;
    this.carrier?.stream.pause();
    this.expectNothing();
  }

  resume(): void {
    this.#other?.resume();
    if (!this.#isPaused) return;
    this.#isPaused = false;
    if (this.isAnswered && !this.isOver) this.expectMore();
    this.carrier?.stream.resume();
  }

  /** Another does it, from the beginning: nothing of it has been sent. */
  handOver(open: (head: OutgoingHead, sink: AttemptSink) => Attempt): void {
    this.#other = this.passTo(open);
    if (this.#isPaused) this.#other.pause();
  }

  // --- the stream ---

  /** Its head is on the way on this stream. */
  start(stream: ClientHttp2Stream): void {
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
    stream.on('drain', () => this.onDrain());
    stream.on('close', () => this.#onClosed(stream.rstCode));
    if (this.#isPaused) stream.pause();
    this.carryOn(new StreamCarrier(stream));
  }

  #onInformational(status: number | undefined, raw: FlatHeaders): void {
    if (!this.isOver && status !== undefined) this.sink.onInformational(status, withoutPseudo(raw));
  }

  #onHead(status: number, headers: FlatHeaders): void {
    if (this.isOver) return;
    if (status < 200 || status > 599) {
      this.fail(new SallyportError('upstream_protocol', `${this.name}: status ${status}`));
      return;
    }
    this.expectMore();
    if (this.#isPaused) this.expectNothing();
    this.sink.onHead(status, headers);
  }

  #onData(chunk: Buffer): void {
    noteReceived(chunk.length);
    if (this.isOver) return;
    this.noteData();
    this.sink.onData(chunk);
  }

  /** The end of a stream that was reset, or whose connection is gone, looks the same: it is no end. */
  #onEnd(stream: ClientHttp2Stream): void {
    const isWhole =
      this.isAnswered &&
      (stream.rstCode ?? NGHTTP2_NO_ERROR) === NGHTTP2_NO_ERROR &&
      stream.session?.destroyed === false;
    if (this.isOver || !isWhole) return;
    this.finish();
    this.release();
    // The answer may end before the request: what is left of it is of no use to anybody.
    if (!this.isBodyEnded) stream.close(NGHTTP2_CANCEL);
    this.sink.onEnd(this.#answerTrailers);
  }

  #onClosed(code: number | undefined): void {
    this.carrier = undefined;
    if (this.isOver) return;
    if (code === NGHTTP2_REFUSED_STREAM) this.sent = 'none';
    const isTheirs = code !== undefined && code !== NGHTTP2_NO_ERROR;
    const fault = this.isAnswered
      ? 'upstream_cut'
      : code === NGHTTP2_PROTOCOL_ERROR
        ? 'upstream_protocol'
        : 'upstream_reset';
    const text = isTheirs ? `the stream was reset with code ${code}` : 'the connection was closed';
    this.fail(new SallyportError(fault, `${this.name}: ${text}`));
  }
}

class StreamCarrier implements Carrier {
  readonly stream: ClientHttp2Stream;

  constructor(stream: ClientHttp2Stream) {
    this.stream = stream;
  }

  get hasRoom(): boolean {
    return !this.stream.writableNeedDrain;
  }

  writeBody(chunk: Buffer): boolean {
    const { stream } = this;
    return stream.destroyed || stream.writableEnded ? true : stream.write(chunk);
  }

  endBody(trailers: FlatHeaders): void {
    this.stream.once('wantTrailers', () => this.stream.sendTrailers(objectOf(trailers)));
    this.stream.end();
  }

  leave(): void {
    this.stream.close(NGHTTP2_CANCEL);
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
