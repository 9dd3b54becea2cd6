// One client's HTTP/2 connection: a session of node:http2, its streams handed on as exchanges, and what bounds it all.
// nghttp2 judges the frames (RFC 9113), this file whose connection it is and how long it may go on.
import {
  constants,
  performServerHandshake,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { Duplex } from 'node:stream';
import type { Deadline, Deadlines } from '../core/deadlines.ts';
import { SallyportError } from '../core/errors.ts';
import type { Connection } from '../exchange/connection.ts';
import type { Disposition } from '../exchange/exchange.ts';
import { H2Budget } from './h2-budget.ts';
import { type H2Carrier, H2Exchange } from './h2-exchange.ts';
import { type H2Head, readH2Head, UNREADABLE_H2_REQUEST } from './h2-head.ts';
import type { HttpParts, HttpSettings } from './http-parts.ts';

const { NGHTTP2_CANCEL, NGHTTP2_ENHANCE_YOUR_CALM, NGHTTP2_FLAG_END_STREAM, NGHTTP2_REFUSED_STREAM } =
  constants;

/** Request bytes that may be on their way, unread, of one stream and of all of a connection. */
const STREAM_WINDOW = 256 * 1024;
const CONNECTION_WINDOW = 1024 * 1024;
/** Megabytes that one session may hold, answers that wait for a slow reader included. */
const MAX_SESSION_MEMORY = 8;
/** A few more fields than are let through, so that the one too many gets an answer and not only a reset. */
const SPARE_FIELDS = 16;
const SPARE_BYTES = 4096;
/** How long a client may keep the transport open once everything is said. */
const LINGER_MS = 2_000;
const STATUS_MISDIRECTED = 421;

export class H2Connection implements H2Carrier, Deadline {
  readonly connection: Connection;
  readonly settings: HttpSettings;
  readonly deadlines: Deadlines;
  rosterIndex = -1;
  dueAt: number;
  revokedBy: SallyportError | undefined;
  readonly #parts: HttpParts;
  readonly #socket: Duplex;
  readonly #session: ServerHttp2Session;
  readonly #exchanges = new Set<H2Exchange>();
  readonly #budget: H2Budget;
  #state: 'open' | 'closing' | 'closed' = 'open';
  #cutAt = Infinity;

  constructor(socket: Duplex, parts: HttpParts) {
    this.#parts = parts;
    this.#socket = socket;
    this.connection = parts.connection;
    this.settings = parts.settings;
    this.deadlines = parts.deadlines;
    const now = parts.deadlines.now();
    this.#budget = new H2Budget(now);
    this.dueAt = now + parts.settings.timing.idleMs;
    this.#session = performServerHandshake(socket, optionsFor(parts.settings));
    this.#session.on('error', ignore);
    this.#session.on('stream', (stream, _headers, flags, raw) => this.#onStream(stream, flags, raw));
    this.#session.on('ping', () => this.#spend());
    this.#session.on('remoteSettings', () => this.#spend());
    this.#session.on('close', () => this.#onSessionClosed());
    this.#session.setLocalWindowSize(CONNECTION_WINDOW);
    socket.on('error', ignore);
    socket.on('close', () => this.#onClosed());
    parts.deadlines.add(this);
  }

  /** No new exchange from now on: GOAWAY, and the end once what is in flight is answered. */
  drain(): void {
    if (this.#state !== 'open') return;
    this.#state = 'closing';
    this.#session.close();
    this.#schedule();
  }

  /**
   * Whoever is at the other end may go no further: what is in flight is cut when it takes longer than the deadline,
   * WebSockets are closed with 1008. Returns what it was doing.
   */
  revoke(error: SallyportError): 'idle' | 'in_flight' | 'tunnel' {
    const exchanges = [...this.#exchanges];
    const hasTunnel = exchanges.some(({ isTunnel }) => isTunnel);
    this.revokedBy ??= error;
    this.#cutAt = Math.min(this.#cutAt, this.deadlines.now() + this.settings.revocationMs);
    this.drain();
    this.#schedule();
    for (const exchange of exchanges) exchange.showOut(error);
    return hasTunnel ? 'tunnel' : exchanges.length === 0 ? 'idle' : 'in_flight';
  }

  /** Cuts everything now. */
  destroy(): void {
    this.#state = 'closed';
    // A GOAWAY that says so: some clients take what a mere reset cuts off for whole.
    this.#session.destroy(new SallyportError('client_closed', 'cut'), NGHTTP2_CANCEL);
    setImmediate(() => this.#socket.destroy());
  }

  onDue(now: number): void {
    if (this.#cutAt <= now || this.#state !== 'open') this.destroy();
    else this.drain();
  }

  #onStream(stream: ServerHttp2Stream, flags: number, raw: readonly string[]): void {
    stream.on('error', ignore);
    if (this.#state !== 'open') {
      stream.close(NGHTTP2_REFUSED_STREAM);
      return;
    }
    const startedAt = performance.now();
    let head: H2Head = UNREADABLE_H2_REQUEST;
    let fault: SallyportError | undefined;
    try {
      head = readH2Head(raw, this.settings.request, (flags & NGHTTP2_FLAG_END_STREAM) !== 0);
      if ((head.contentLength ?? 0) > this.settings.request.maxBodyBytes)
        throw new SallyportError('body_too_large');
    } catch (error) {
      fault = error instanceof SallyportError ? error : new SallyportError('internal', 'head', error);
    }
    const exchange = new H2Exchange(this, stream, head, startedAt);
    this.#exchanges.add(exchange);
    this.#schedule();
    if (fault === undefined) this.#parts.service.serve(exchange);
    else this.#parts.service.refuse(exchange, fault);
  }

  settled(disposition: Disposition, status: number): void {
    if (disposition === 'retire' && status !== STATUS_MISDIRECTED) this.drain();
  }

  closed(exchange: H2Exchange, isEarly: boolean): void {
    this.#exchanges.delete(exchange);
    this.#schedule();
    if (isEarly) this.#spend();
  }

  #spend(): void {
    if (this.#state === 'closed' || this.#budget.spend(this.deadlines.now())) return;
    this.#state = 'closed';
    this.#session.destroy(new SallyportError('client_closed', 'flood'), NGHTTP2_ENHANCE_YOUR_CALM);
    this.#parts.onFlood?.();
  }

  #schedule(): void {
    const now = this.deadlines.now();
    const isBusy = this.#exchanges.size > 0;
    const restMs = this.#state === 'open' ? this.settings.timing.idleMs : LINGER_MS;
    this.dueAt = Math.min(this.#cutAt, isBusy ? Infinity : now + restMs);
  }

  #onSessionClosed(): void {
    if (this.#state === 'open') this.#state = 'closing';
    this.#schedule();
  }

  #onClosed(): void {
    this.#state = 'closed';
    this.deadlines.remove(this);
    this.#parts.onClose();
  }
}

const ignore = (): void => {};

function optionsFor({ request, maxStreams }: HttpSettings) {
  return {
    maxSessionMemory: MAX_SESSION_MEMORY,
    maxHeaderListPairs: request.maxHeaders + SPARE_FIELDS,
    maxSessionInvalidFrames: 100,
    maxSessionRejectedStreams: 100,
    maxOutstandingSettings: 4,
    // The backstop of H2Budget, in nghttp2 itself.
    streamResetBurst: 1000,
    streamResetRate: 100,
    settings: {
      maxConcurrentStreams: maxStreams,
      initialWindowSize: STREAM_WINDOW,
      maxHeaderListSize: request.maxHeadBytes + SPARE_BYTES,
      enableConnectProtocol: true,
      enablePush: false,
    },
  };
}
