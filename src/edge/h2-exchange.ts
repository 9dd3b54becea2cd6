// One request and its answer on a stream of HTTP/2: the exchange over what node:http2 knows as a stream.
import { constants, type ServerHttp2Stream } from 'node:http2';
import type { Deadline, Deadlines } from '../core/deadlines.ts';
import { SallyportError } from '../core/errors.ts';
import type { FlatHeaders } from '../core/flat-headers.ts';
import { noteReceived } from '../core/collection.ts';
import type { Connection } from '../exchange/connection.ts';
import type {
  Disposition,
  Exchange,
  ExchangeEvents,
  RequestBodySink,
  ResponseLength,
  Tunnel,
  TunnelEvents,
} from '../exchange/exchange.ts';
import { isForbiddenTrailer } from '../http1/forbidden-trailers.ts';
import { type ClientTunnel, mayBecomeTunnel } from './client-tunnel.ts';
import { copyFields, fieldObject } from './h2-fields.ts';
import type { H2Head } from './h2-head.ts';
import { openH2Tunnel } from './h2-tunnel.ts';
import type { HttpSettings } from './http-parts.ts';
import { RequestTiming } from './request-timing.ts';

const { NGHTTP2_NO_ERROR } = constants;

const NO_FIELDS: FlatHeaders = [];
/**
 * An answer may end before its request, and the client is then told that it need not send the rest (RFC 9113 8.1). Not at
 * once: nghttp2 throws away what it has not sent yet of a stream that is reset, the answer among it.
 */
const LINGER_MS = 200;

/** What carries the stream. */
export interface H2Carrier {
  readonly connection: Connection;
  readonly settings: HttpSettings;
  readonly deadlines: Deadlines;
  /** Why the client may go no further; undefined: it may. */
  readonly revokedBy: SallyportError | undefined;
  /** The exchange is settled, and was answered with this status; 0: with none. */
  settled(disposition: Disposition, status: number): void;
  /** The stream is gone; `isEarly`: before it was answered. */
  closed(exchange: H2Exchange, isEarly: boolean): void;
}

export class H2Exchange implements Exchange, Deadline {
  readonly connection: Connection;
  readonly request: H2Head;
  readonly startedAt: number;
  bytesIn = 0;
  bytesOut = 0;
  isRequestComplete: boolean;
  rosterIndex = -1;
  readonly #carrier: H2Carrier;
  readonly #stream: ServerHttp2Stream;
  readonly #timing: RequestTiming;
  #events: ExchangeEvents | undefined;
  #sink: RequestBodySink | undefined;
  #tunnel: ClientTunnel | undefined;
  #trailers: FlatHeaders = NO_FIELDS;
  #bodyFault: SallyportError | undefined;
  #status = 0;
  /** Body bytes still owed to a length that was announced; Infinity when none was. */
  #owed = Infinity;
  #answerTrailers: FlatHeaders = NO_FIELDS;
  #isEnded = false;
  #isSettled = false;
  #isClosed = false;
  /** Why its caller may go no further, and until when it may last. */
  #revokedBy: SallyportError | undefined;
  #cutAt = Infinity;

  constructor(carrier: H2Carrier, stream: ServerHttp2Stream, request: H2Head, startedAt: number) {
    this.#carrier = carrier;
    this.#stream = stream;
    this.connection = carrier.connection;
    this.request = request;
    this.startedAt = startedAt;
    this.isRequestComplete = request.contentLength === 0;
    const now = carrier.deadlines.now();
    this.#timing = new RequestTiming(carrier.settings.timing, now);
    if (this.isRequestComplete) this.#timing.enterAnswer();
    else this.#timing.enterBody(now);
    carrier.deadlines.add(this);
    stream.on('drain', () => this.#onDrain());
    stream.on('trailers', (_object, _flags, raw) => this.#onTrailers(raw));
    stream.on('wantTrailers', () => stream.sendTrailers(fieldObject(this.#answerTrailers)));
    stream.on('close', () => this.#onClosed());
  }

  get isTunnel(): boolean {
    return this.#tunnel !== undefined;
  }

  get dueAt(): number {
    return Math.min(this.#timing.dueAt, this.#cutAt);
  }

  onDue(now: number): void {
    if (this.#cutAt <= now) return this.#cut();
    const verdict = this.#timing.check(now, this.bytesIn);
    if (verdict === 'body_too_slow') this.takeFault(new SallyportError(verdict));
    else if (verdict === 'let_go') this.#stream.close(NGHTTP2_NO_ERROR);
    else if (verdict !== undefined) this.#cut();
  }

  listen(events: ExchangeEvents): void {
    this.#events = events;
  }

  // The request side

  readBody(sink: RequestBodySink): void {
    this.#sink = sink;
    if (this.isRequestComplete) return this.#finishBody();
    if (this.#bodyFault !== undefined) return this.takeFault(this.#bodyFault);
    if (this.request.expectsContinue) this.inform(100, NO_FIELDS);
    this.#stream.on('data', (chunk: Buffer) => this.#onData(chunk));
    this.#stream.on('end', () => this.#onEnd());
  }

  pauseBody(): void {
    this.#timing.pauseBody();
    this.#stream.pause();
  }

  resumeBody(): void {
    this.#timing.resumeBody(this.#carrier.deadlines.now(), this.bytesIn);
    this.#stream.resume();
  }

  /** The body is malformed, too slow or too large. */
  takeFault(error: SallyportError): void {
    this.#bodyFault = error;
    this.#timing.enterAnswer();
    const sink = this.#sink;
    this.#sink = undefined;
    sink?.onAbort(error);
  }

  #onData(chunk: Buffer): void {
    noteReceived(chunk.length);
    if (this.#tunnel !== undefined) return this.#tunnel.takeData(chunk);
    this.bytesIn += chunk.length;
    if (this.bytesIn > this.#carrier.settings.request.maxBodyBytes)
      this.takeFault(new SallyportError('body_too_large'));
    else this.#sink?.onData(chunk);
  }

  #onTrailers(raw: FlatHeaders): void {
    this.#trailers = raw;
    const forbidden = raw.find((name, index) => index % 2 === 0 && isForbiddenTrailer(name));
    if (forbidden !== undefined) this.takeFault(new SallyportError('bad_trailer', forbidden));
  }

  #onEnd(): void {
    // A stream that was reset ends, too.
    if (this.#isClosed || this.#stream.aborted || this.#bodyFault !== undefined) return;
    if (this.#tunnel !== undefined) return this.#tunnel.takeEnd();
    this.isRequestComplete = true;
    this.#timing.enterAnswer();
    this.#finishBody();
  }

  #finishBody(): void {
    const sink = this.#sink;
    this.#sink = undefined;
    sink?.onEnd(this.#trailers);
  }

  // The answer side

  inform(status: number, headers: FlatHeaders): void {
    if (this.#status !== 0 || this.#stream.destroyed || this.#stream.closed) return;
    this.#stream.additionalHeaders({ ':status': status, ...fieldObject(headers) });
  }

  respond(status: number, headers: FlatHeaders, length: ResponseLength): void {
    if (this.#status !== 0) throw new SallyportError('internal', 'answered twice');
    this.#status = status;
    const isBodiless = this.request.method === 'HEAD' || status === 204 || status === 304;
    if (isBodiless || length === 'none') this.#owed = 0;
    else if (length !== 'until_end') this.#owed = length;
    const fields = [':status', String(status)];
    copyFields(headers, fields);
    if (typeof length === 'number' && status !== 204 && status !== 304)
      fields.push('content-length', String(length));
    this.#start(fields);
  }

  #start(fields: string[]): void {
    if (this.#stream.destroyed || this.#stream.closed) return;
    const waitForTrailers = this.#owed === Infinity && this.#tunnel === undefined;
    // `sendDate` is missing in the types: the date is ours, or the app's, to say.
    const options = { endStream: this.#owed === 0, waitForTrailers, sendDate: false };
    this.#stream.respond(fields, options);
  }

  write(chunk: Buffer): boolean {
    if (this.#isClosed || this.#isSettled) return false;
    if (chunk.length === 0 || this.#owed === 0) return true;
    const piece = chunk.length > this.#owed ? chunk.subarray(0, this.#owed) : chunk;
    this.#owed -= piece.length;
    this.bytesOut += piece.length;
    if (this.#owed > 0) return this.#push(piece);
    this.#stream.end(piece);
    return true;
  }

  #push(piece: Buffer): boolean {
    if (this.#stream.destroyed || this.#stream.writableEnded) return false;
    const hasRoom = this.#stream.write(piece);
    if (!hasRoom) this.#timing.enterBlocked(this.#carrier.deadlines.now());
    return hasRoom;
  }

  end(trailers: FlatHeaders = NO_FIELDS): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#answerTrailers = trailers;
    if (this.#owed === Infinity) this.#stream.end();
  }

  #onDrain(): void {
    this.#timing.leaveBlocked();
    if (this.#tunnel === undefined) this.#events?.onDrain();
    else this.#tunnel.takeDrain();
  }

  upgrade(headers: FlatHeaders, events: TunnelEvents): Tunnel {
    const stream = this.#stream;
    if (!mayBecomeTunnel(this.request) || this.#status !== 0)
      throw new SallyportError('internal', 'no upgrade here');
    const isWebsocket = this.request.upgrade === 'websocket';
    this.#tunnel = openH2Tunnel(stream, {
      count: this,
      isWebsocket,
      events,
      push: (chunk) => this.#push(chunk),
      finish: () => {
        stream.end();
        if (isWebsocket) this.#timing.enterLinger(this.#carrier.deadlines.now());
      },
      cut: () => this.#cut(),
    });
    this.#status = 200;
    this.#isEnded = true;
    const fields = [':status', '200'];
    copyFields(headers, fields);
    this.#start(fields);
    stream.on('data', (chunk: Buffer) => this.#onData(chunk));
    stream.on('end', () => this.#onEnd());
    return this.#tunnel;
  }

  // The end

  /** The others on the connection go on. */
  revoke(error: SallyportError): 'in_flight' | 'tunnel' {
    this.#revokedBy ??= error;
    this.#cutAt = this.#carrier.deadlines.now() + this.#carrier.settings.revocationMs;
    this.showOut(error);
    return this.isTunnel ? 'tunnel' : 'in_flight';
  }

  /** A WebSocket is closed with 1008, another tunnel cut; anything else may go on until it is. */
  showOut(error: SallyportError): void {
    this.#tunnel?.revoke(error);
  }

  settle(disposition: Disposition): Disposition {
    this.#isSettled = true;
    this.#events = undefined;
    this.#sink = undefined;
    const isWhole = this.#isEnded && (this.#owed === 0 || this.#owed === Infinity);
    if (disposition === 'abort' || !isWhole) this.#cut();
    else if (!this.isRequestComplete) this.#timing.enterLinger(this.#carrier.deadlines.now(), LINGER_MS);
    this.#carrier.settled(disposition, this.#status);
    return disposition;
  }

  /** RST_STREAM. `close` with an error would first end the stream in peace, and what is cut would look whole. */
  #cut(): void {
    if (!this.#stream.destroyed) this.#stream.destroy(new SallyportError('upstream_cut'));
  }

  #onClosed(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#carrier.deadlines.remove(this);
    const isEarly = !this.#isSettled && this.#tunnel === undefined;
    const error = this.#revokedBy ?? this.#carrier.revokedBy ?? new SallyportError('client_closed');
    if (this.#tunnel !== undefined) this.#tunnel.takeClose();
    else if (!this.isRequestComplete && this.#bodyFault === undefined) this.#sink?.onAbort(error);
    this.#events?.onClose(error);
    this.#carrier.closed(this, isEarly);
  }
}
