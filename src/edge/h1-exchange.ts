// One request and its answer on an HTTP/1.1 connection: the exchange contract in terms of bytes. The connection owns
// the socket and the decoder and feeds the request side; the answer side is written through `Carrier`.
import { SallyportError } from '../core/errors.ts';
import type { FlatHeaders } from '../core/flat-headers.ts';
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
import { CHUNK_END, chunkStart, lastChunkText } from '../http1/chunk.ts';
import type { RequestHead } from '../http1/request-head.ts';
import { mayBecomeTunnel } from './client-tunnel.ts';
import { CHUNKED_LINE, contentLengthLine, fieldLines, responseHeadText } from '../http1/write-head.ts';

/** What an exchange asks of the connection that carries it. */
export interface Carrier {
  readonly connection: Connection;
  /** Whether the connection may serve another request after this one. */
  readonly mayKeepAlive: boolean;
  push(piece: string | Buffer): void;
  /** Something is to be written in this turn, even if nothing was pushed yet. */
  wake(): void;
  /** False: stop until the exchange is told `onDrain`. */
  hasRoom(): boolean;
  pauseReading(): void;
  resumeReading(): void;
  openTunnel(exchange: H1Exchange, events: TunnelEvents): Tunnel;
  revoke(error: SallyportError): 'idle' | 'in_flight' | 'tunnel';
  settle(exchange: H1Exchange, disposition: Disposition): void;
}

const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n';
const NO_FIELDS: FlatHeaders = [];

export class H1Exchange implements Exchange {
  readonly connection: Connection;
  readonly request: RequestHead;
  readonly startedAt: number;
  bytesIn = 0;
  bytesOut = 0;
  isRequestComplete = false;
  /** After the head was composed: the connection ends with this exchange. */
  isLast = false;

  readonly #carrier: Carrier;
  #events: ExchangeEvents | undefined;
  #sink: RequestBodySink | undefined;
  #isBodyPaused = false;
  #held: Buffer[] = [];
  #trailers: FlatHeaders = [];
  #bodyFault: SallyportError | undefined;
  #head: { status: number; lines: string; length: ResponseLength } | undefined;
  #isHeadSent = false;
  #isChunked = false;
  #isEnded = false;
  #isClosed = false;
  /** Body bytes still owed to a length that was announced; Infinity when none was. */
  #owed = Infinity;

  constructor(carrier: Carrier, request: RequestHead, startedAt: number) {
    this.#carrier = carrier;
    this.connection = carrier.connection;
    this.request = request;
    this.startedAt = startedAt;
  }

  get isBodyPaused(): boolean {
    return this.#sink === undefined || this.#isBodyPaused;
  }

  /** The request has a body that has not arrived and that nobody reads. */
  get isBodyUnwanted(): boolean {
    return !this.isRequestComplete && this.#sink === undefined;
  }

  /** All that was announced was said: a next answer may follow on this connection. */
  get isAnswerWhole(): boolean {
    return this.#isEnded && (this.#owed === 0 || this.#owed === Infinity);
  }

  listen(events: ExchangeEvents): void {
    this.#events = events;
  }

  readBody(sink: RequestBodySink): void {
    this.#sink = sink;
    if (this.request.expectsContinue && !this.#isHeadSent && this.bytesIn === 0 && !this.isRequestComplete)
      this.#carrier.push(CONTINUE);
    this.resumeBody();
  }

  pauseBody(): void {
    this.#isBodyPaused = true;
    this.#carrier.pauseReading();
  }

  resumeBody(): void {
    this.#isBodyPaused = false;
    const held = this.#held;
    this.#held = [];
    for (const [index, chunk] of held.entries()) {
      if (this.#isBodyPaused) {
        this.#held.push(...held.slice(index));
        return;
      }
      this.#sink?.onData(chunk);
    }
    if (this.isRequestComplete) this.#finishBody();
    else if (this.#bodyFault !== undefined) this.takeFault(this.#bodyFault);
    else this.#carrier.resumeReading();
  }

  /** From the connection: body bytes. */
  takeData(chunk: Buffer): void {
    this.bytesIn += chunk.length;
    if (this.isBodyPaused) {
      this.#held.push(chunk);
      this.#carrier.pauseReading();
    } else this.#sink?.onData(chunk);
  }

  /** From the connection: the request is whole. */
  takeEnd(trailers: FlatHeaders): void {
    this.#trailers = trailers;
    this.isRequestComplete = true;
    if (!this.isBodyPaused && this.#held.length === 0) this.#finishBody();
  }

  /** From the connection: the body is malformed, too slow or too large. */
  takeFault(error: SallyportError): void {
    this.#bodyFault = error;
    const sink = this.#sink;
    this.#sink = undefined;
    sink?.onAbort(error);
  }

  /** From the connection: the client is gone. */
  takeClose(error: SallyportError): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (!this.isRequestComplete && this.#bodyFault === undefined) this.#sink?.onAbort(error);
    this.#events?.onClose(error);
  }

  takeDrain(): void {
    this.#events?.onDrain();
  }

  #finishBody(): void {
    const sink = this.#sink;
    this.#sink = undefined;
    sink?.onEnd(this.#trailers);
  }

  inform(status: number, headers: FlatHeaders): void {
    if (this.#head === undefined && this.request.version === 'HTTP/1.1')
      this.#carrier.push(responseHeadText(status, headers));
  }

  respond(status: number, headers: FlatHeaders, length: ResponseLength, isLast = false): void {
    if (this.#head !== undefined) throw new SallyportError('internal', 'answered twice');
    this.#head = { status, lines: fieldLines(headers), length };
    if (isLast) this.isLast = true;
    const isBodiless = this.request.method === 'HEAD' || status === 204 || status === 304;
    if (isBodiless || length === 'none') this.#owed = 0;
    else if (length === 'until_end') this.#isChunked = this.request.version === 'HTTP/1.1';
    else this.#owed = length;
    this.#carrier.wake();
  }

  write(chunk: Buffer): boolean {
    if (this.#isClosed) return false;
    if (chunk.length === 0 || this.#owed === 0) return this.#carrier.hasRoom();
    this.sendHead();
    const piece = chunk.length > this.#owed ? chunk.subarray(0, this.#owed) : chunk;
    this.#owed -= piece.length;
    this.bytesOut += piece.length;
    if (this.#isChunked) this.#carrier.push(chunkStart(piece.length));
    this.#carrier.push(piece);
    if (this.#isChunked) this.#carrier.push(CHUNK_END);
    return this.#carrier.hasRoom();
  }

  end(trailers: FlatHeaders = NO_FIELDS): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    if (!this.#isChunked) return;
    this.sendHead();
    this.#carrier.push(lastChunkText(trailers));
  }

  /** Writes the head if there is one that was not written. `isLast` decides what it says about the connection. */
  sendHead(): void {
    const head = this.#head;
    if (head === undefined || this.#isHeadSent) return;
    this.#isHeadSent = true;
    const isHttp10 = this.request.version === 'HTTP/1.0';
    const isCloseDelimited = head.length === 'until_end' && isHttp10 && this.#owed !== 0;
    if (isCloseDelimited || !this.request.isKeepAlive || !this.#carrier.mayKeepAlive) this.isLast = true;
    let framing = '';
    if (this.#isChunked && this.#owed !== 0) framing = CHUNKED_LINE;
    else if (typeof head.length === 'number' && head.status !== 204 && head.status !== 304)
      framing = contentLengthLine(head.length);
    if (this.isLast) framing += 'connection: close\r\n';
    else if (isHttp10) framing += 'connection: keep-alive\r\n';
    this.#carrier.push(responseHeadText(head.status, NO_FIELDS, head.lines + framing));
  }

  upgrade(headers: FlatHeaders, events: TunnelEvents): Tunnel {
    if (!mayBecomeTunnel(this.request) || this.#head !== undefined)
      throw new SallyportError('internal', 'no upgrade here');
    const { upgrade } = this.request;
    // Nothing frames what follows a 200 to CONNECT (RFC 9110 9.3.6).
    const [status, lines] =
      upgrade === undefined ? [200, ''] : [101, `connection: upgrade\r\nupgrade: ${upgrade}\r\n`];
    this.#head = { status, lines: '', length: 'none' };
    this.#isHeadSent = true;
    this.isLast = true;
    this.#isEnded = true;
    this.#carrier.push(responseHeadText(status, headers, lines));
    return this.#carrier.openTunnel(this, events);
  }

  revoke(error: SallyportError): 'in_flight' | 'tunnel' {
    return this.#carrier.revoke(error) === 'tunnel' ? 'tunnel' : 'in_flight';
  }

  settle(disposition: Disposition): Disposition {
    this.#isClosed = true;
    this.#events = undefined;
    this.#sink = undefined;
    this.#held = [];
    this.#carrier.settle(this, disposition);
    return disposition === 'keep' && !this.isRequestComplete ? 'retire' : disposition;
  }
}
