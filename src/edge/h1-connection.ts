// One client's HTTP/1.1 connection: bytes to exchanges, one after the other, and the deadlines of every phase.
// The engine judges the bytes, the service answers; this file only knows whose turn it is.
import type { Duplex } from 'node:stream';
import type { Deadline } from '../core/deadlines.ts';
import { SallyportError } from '../core/errors.ts';
import type { FlatHeaders } from '../core/flat-headers.ts';
import { noteReceived } from '../core/collection.ts';
import type { Connection } from '../exchange/connection.ts';
import type { Disposition, Tunnel, TunnelEvents } from '../exchange/exchange.ts';
import { RequestDecoder } from '../http1/request-decoder.ts';
import type { RequestHead } from '../http1/request-head.ts';
import { type Carrier, H1Exchange } from './h1-exchange.ts';
import { H1Output } from './h1-output.ts';
import type { HttpParts } from './http-parts.ts';
import { RequestTiming } from './request-timing.ts';
import { ClientTunnel } from './client-tunnel.ts';
import { UNREADABLE_REQUEST } from './unreadable-request.ts';

/** Bytes of later requests held while one is answered, beyond which reading stops. */
const PIPELINE_BYTES = 64 * 1024;
/** Unread request bytes swallowed after the last answer, so that closing does not destroy it on its way. */
const LINGER_BYTES = 1024 * 1024;

export class H1Connection implements Carrier, Deadline {
  readonly connection: Connection;
  rosterIndex = -1;
  readonly #socket: Duplex;
  readonly #parts: HttpParts;
  readonly #decoder: RequestDecoder;
  readonly #output: H1Output;
  readonly #timing: RequestTiming;
  #exchange: H1Exchange | undefined;
  #tunnel: ClientTunnel | undefined;
  #pending: Buffer | undefined;
  #headStartedAt = 0;
  #lingeredBytes = 0;
  #state: 'open' | 'lingering' | 'closed' = 'open';
  #isDraining = false;
  /** Its head has arrived, the service does not know of it yet. */
  #unserved: H1Exchange | undefined;
  #isPumping = false;
  #isDecoding = false;
  #shouldAdvance = false;
  /** Why its client may go no further, and until when what is in flight may last. */
  #revokedBy: SallyportError | undefined;
  #cutAt = Infinity;

  constructor(socket: Duplex, parts: HttpParts) {
    this.connection = parts.connection;
    this.#socket = socket;
    this.#parts = parts;
    this.#output = new H1Output(socket, {
      beforeFlush: () => this.#exchange?.sendHead(),
      onBlocked: () => this.#timing.enterBlocked(this.#parts.deadlines.now()),
    });
    this.#timing = new RequestTiming(parts.settings.timing, parts.deadlines.now());
    this.#decoder = new RequestDecoder(parts.settings.request, {
      onHead: (head) => this.#onHead(head),
      onData: (chunk) => this.#exchange?.takeData(chunk),
      onEnd: (trailers) => this.#onEnd(trailers),
    });
    parts.deadlines.add(this);
    socket.on('data', (chunk: Buffer) => this.#onData(chunk));
    socket.on('drain', () => this.#onDrain());
    socket.on('end', () => (this.#tunnel === undefined ? this.#onGone() : this.#tunnel.takeEnd()));
    socket.on('error', () => this.#onGone());
    socket.on('close', () => this.#onClosed());
  }

  get isIdle(): boolean {
    return this.#exchange === undefined && this.#headStartedAt === 0;
  }

  /** No new exchange from now on: closes when idle, else after the answer in flight. */
  drain(): void {
    this.#isDraining = true;
    if (this.isIdle) this.#close();
  }

  /**
   * Whoever is at the other end may go no further: closed when idle, else after the answer in flight, which is cut when
   * it takes longer than the deadline. A WebSocket is closed with 1008. Returns what it was doing.
   */
  revoke(error: SallyportError): 'idle' | 'in_flight' | 'tunnel' {
    const state = this.#tunnel !== undefined ? 'tunnel' : this.isIdle ? 'idle' : 'in_flight';
    this.#revokedBy ??= error;
    this.#cutAt = Math.min(this.#cutAt, this.#parts.deadlines.now() + this.#parts.settings.revocationMs);
    this.drain();
    this.#tunnel?.revoke(error);
    return state;
  }

  /** Cuts everything now. */
  destroy(): void {
    this.#state = 'closed';
    // A socket that is being shut down cannot be reset: libuv refuses (EINVAL), and Node then never closes it.
    if (!this.#socket.writableEnded) this.#parts.reset();
    this.#socket.destroy();
  }

  get dueAt(): number {
    return Math.min(this.#timing.dueAt, this.#cutAt);
  }

  onDue(now: number): void {
    if (this.#cutAt <= now) return this.destroy();
    const verdict = this.#timing.check(now, this.#exchange?.bytesIn ?? 0);
    if (verdict === 'close') this.#close();
    else if (verdict === 'let_go') this.#socket.destroy();
    else if (verdict === 'cut') this.destroy();
    else if (verdict !== undefined) this.#fail(new SallyportError(verdict));
  }

  // The request side

  #onData(chunk: Buffer): void {
    noteReceived(chunk.length);
    if (this.#tunnel !== undefined) return this.#tunnel.takeData(chunk);
    if (this.#state === 'open') {
      this.#pending = this.#pending === undefined ? chunk : Buffer.concat([this.#pending, chunk]);
      return this.#pump();
    }
    this.#lingeredBytes += chunk.length;
    if (this.#lingeredBytes > LINGER_BYTES) this.destroy();
  }

  /** Feeds the decoder until it needs more bytes or the exchange in flight must finish first. */
  #pump(): void {
    if (this.#isPumping) return;
    this.#isPumping = true;
    while (this.#pending !== undefined && this.#state === 'open' && this.#tunnel === undefined) {
      if (this.#exchange?.isRequestComplete === true) {
        if (this.#pending.length > PIPELINE_BYTES) this.#socket.pause();
        break;
      }
      const bytes = this.#pending;
      this.#pending = undefined;
      if (this.isIdle) {
        this.#headStartedAt = performance.now();
        this.#timing.enterHead(this.#parts.deadlines.now());
      }
      this.#decode(bytes);
    }
    this.#isPumping = false;
  }

  #decode(bytes: Buffer): void {
    this.#isDecoding = true;
    try {
      const used = this.#decoder.decode(bytes);
      if (used < bytes.length) this.#pending = bytes.subarray(used);
    } catch (error) {
      this.#fail(error instanceof SallyportError ? error : new SallyportError('internal', 'decoder', error));
    }
    this.#isDecoding = false;
    // Only now: what the service does must not run inside of the decoder.
    const exchange = this.#unserved;
    this.#unserved = undefined;
    if (exchange !== undefined) this.#parts.service.serve(exchange);
    else if (this.#shouldAdvance) this.#advance();
  }

  #onHead(head: RequestHead): void {
    const exchange = new H1Exchange(this, head, this.#headStartedAt);
    this.#exchange = exchange;
    this.#unserved = exchange;
    this.#headStartedAt = 0;
    if (head.contentLength === 0) this.#timing.enterAnswer();
    else this.#timing.enterBody(this.#parts.deadlines.now());
  }

  #onEnd(trailers: FlatHeaders): void {
    this.#timing.enterAnswer();
    this.#exchange?.takeEnd(trailers);
  }

  /** What arrives is no request, or its body will never be whole. */
  #fail(error: SallyportError): void {
    this.#pending = undefined;
    this.#timing.enterAnswer();
    const isServed = this.#exchange !== undefined && this.#unserved === undefined;
    this.#exchange ??= new H1Exchange(this, UNREADABLE_REQUEST, this.#headStartedAt);
    this.#unserved = undefined;
    this.#exchange.isLast = true;
    if (isServed) this.#exchange.takeFault(error);
    else this.#parts.service.refuse(this.#exchange, error);
  }

  pauseReading(): void {
    this.#timing.pauseBody();
    this.#socket.pause();
  }

  resumeReading(): void {
    this.#timing.resumeBody(this.#parts.deadlines.now(), this.#exchange?.bytesIn ?? 0);
    this.#socket.resume();
  }

  // The answer side

  get mayKeepAlive(): boolean {
    return !this.#isDraining && this.#exchange?.isBodyUnwanted !== true;
  }

  push(piece: string | Buffer): void {
    this.#output.push(piece);
  }

  wake(): void {
    this.#output.wake();
  }

  hasRoom(): boolean {
    return !this.#output.isBlocked;
  }

  #onDrain(): void {
    this.#output.isBlocked = false;
    this.#timing.leaveBlocked();
    if (this.#tunnel === undefined) this.#exchange?.takeDrain();
    else this.#tunnel.takeDrain();
  }

  settle(exchange: H1Exchange, disposition: Disposition): void {
    if (exchange !== this.#exchange) return;
    const isCut = disposition === 'abort' || !exchange.isAnswerWhole;
    if (disposition === 'retire' || !exchange.isRequestComplete) exchange.isLast = true;
    if (!isCut) {
      exchange.sendHead();
      this.#output.flush();
    }
    this.#exchange = undefined;
    if (isCut) this.destroy();
    else if (exchange.isLast || this.#isDraining) this.#close();
    else if (this.#isDecoding) this.#shouldAdvance = true;
    else this.#advance();
  }

  /** On to the next request. */
  #advance(): void {
    this.#shouldAdvance = false;
    this.#decoder.next();
    this.#timing.enterIdle(this.#parts.deadlines.now());
    this.#socket.resume();
    this.#pump();
  }

  openTunnel(exchange: H1Exchange, events: TunnelEvents): Tunnel {
    const isWebsocket = exchange.request.upgrade === 'websocket';
    const tunnel = new ClientTunnel(this.#socket, this.#output, {
      count: exchange,
      isWebsocket,
      events,
      early: this.#pending,
      finish: () => (isWebsocket ? this.#close() : void this.#socket.end()),
      // The close frame that is missing tells the client of a WebSocket; others are told by a reset.
      cut: () => (isWebsocket ? void this.#socket.destroy() : this.destroy()),
    });
    this.#pending = undefined;
    this.#tunnel = tunnel;
    this.#exchange = exchange;
    this.#timing.enterAnswer();
    this.#output.flush();
    this.#socket.allowHalfOpen = !isWebsocket;
    this.#socket.resume();
    return tunnel;
  }

  // The end

  /** Says goodbye, and swallows for a moment what the client still sends: a reset would destroy the last answer. */
  #close(): void {
    if (this.#state !== 'open') return;
    this.#state = 'lingering';
    this.#pending = undefined;
    this.#timing.enterFlush(this.#parts.deadlines.now());
    this.#socket.end(() => this.#timing.enterLinger(this.#parts.deadlines.now()));
    this.#socket.resume();
  }

  #onGone(): void {
    this.#exchange?.takeClose(this.#revokedBy ?? new SallyportError('client_closed'));
  }

  #onClosed(): void {
    this.#state = 'closed';
    this.#parts.deadlines.remove(this);
    this.#tunnel?.takeClose();
    this.#onGone();
    this.#parts.onClose();
  }
}
