// The connections to one address that speak HTTP/2: few, with many requests on each. An app that does not, once asked in
// the handshake, is asked in HTTP/1.1 from then on; so is whatever wants to switch protocols.
import { type ClientHttp2Session, connect as connectSession, type ClientHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { SallyportError } from '../core/errors.ts';
import { type Target, isTls } from '../core/target.ts';
import type { Connect } from './connector.ts';
import type { Attempt, AttemptSink, OutgoingHead } from './contract.ts';
import { H2Attempt } from './h2-attempt.ts';
import { fieldsOf } from './header-block.ts';
import { InFlight } from './in-flight.ts';
import { type ConnectionPool, type PoolOptions, type PoolStats, refusalOf } from './pool.ts';
import { RawPool } from './raw-pool.ts';
import type { EndpointTimeouts } from './timeouts.ts';

export interface H2PoolOptions extends PoolOptions {
  /** Offers HTTP/2 where `connect` does not. */
  readonly connectH2: Connect;
}

/** Requests at once on one connection, where the app allows more. */
const MAX_STREAMS = 100;
const WINDOW = 256 * 1024;
const CONNECTION_WINDOW = 1024 * 1024;
/** Megabytes that one session may hold. */
const MAX_SESSION_MEMORY = 32;
const SWEEP_MS = 1000;

interface Waiting {
  readonly attempt: H2Attempt;
  readonly timeouts: EndpointTimeouts;
}

class Member {
  readonly session: ClientHttp2Session;
  active = 0;
  readonly madeAt = performance.now();
  idleSince = this.madeAt;

  constructor(session: ClientHttp2Session) {
    this.session = session;
  }

  get hasRoom(): boolean {
    const { closed, destroyed, remoteSettings } = this.session;
    if (closed || destroyed) return false;
    return this.active < Math.min(MAX_STREAMS, remoteSettings.maxConcurrentStreams ?? MAX_STREAMS);
  }
}

export class H2Pool implements ConnectionPool {
  readonly #options: H2PoolOptions;
  readonly #inFlight: InFlight;
  readonly #members = new Set<Member>();
  readonly #queue: Waiting[] = [];
  /** For what HTTP/2 is not for. */
  readonly #plain: RawPool;
  #isPlain = false;
  #connecting = 0;
  #sweeper: NodeJS.Timeout | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: H2PoolOptions) {
    this.#options = options;
    this.#inFlight = new InFlight(options.target.name);
    this.#plain = new RawPool(options);
  }

  get name(): string {
    return this.#options.target.name;
  }

  get isClosing(): boolean {
    return this.#closing !== undefined;
  }

  isIdleSince(time: number): boolean {
    return this.#inFlight.isIdleSince(time) && this.#plain.isIdleSince(time);
  }

  get stats(): PoolStats {
    const { open, inFlight, waiting } = this.#plain.stats;
    return {
      open: open + this.#members.size,
      inFlight: inFlight + this.#inFlight.size,
      waiting: waiting + this.#inFlight.waiting,
    };
  }

  open(head: OutgoingHead, sink: AttemptSink, timeouts: EndpointTimeouts): Attempt {
    if (this.#isPlain || head.upgrade !== undefined) return this.#plain.open(head, sink, timeouts);
    const refusal = refusalOf(this, this.#options.maxWaiting);
    const attempt = new H2Attempt(head, sink, timeouts, this.#inFlight);
    this.#inFlight.waiting++;
    if (refusal !== undefined)
      attempt.failLater(new SallyportError('upstream_unavailable', `${this.name}: ${refusal}`));
    else {
      this.#queue.push({ attempt, timeouts });
      queueMicrotask(() => this.#serve());
    }
    return attempt;
  }

  close(deadlineMs: number): Promise<void> {
    this.#closing ??= this.#close(deadlineMs);
    return this.#closing;
  }

  #serve(): void {
    for (let next = this.#first(); next !== undefined; next = this.#first()) {
      const since = next.head.isFresh ? next.openedAt : 0;
      const member = [...this.#members].find(({ hasRoom, madeAt }) => hasRoom && madeAt >= since);
      if (member === undefined) break;
      this.#queue.shift();
      this.#start(next, member);
    }
    const isWanted = this.#queue.length > 0 && this.#connecting === 0;
    if (isWanted && this.#members.size < this.#options.maxConnections) this.#connect();
  }

  #first(): H2Attempt | undefined {
    while (this.#queue[0]?.attempt.isOver === true) this.#queue.shift();
    return this.#queue[0]?.attempt;
  }

  #start(attempt: H2Attempt, member: Member): void {
    let stream: ClientHttp2Stream;
    try {
      stream = member.session.request(this.#fields(attempt.head), {
        endStream: attempt.head.contentLength === 0,
        waitForTrailers: attempt.head.contentLength !== 0,
      });
    } catch (error) {
      attempt.fail(new SallyportError('internal', `${this.name}: the request cannot be written`, error));
      return;
    }
    this.#inFlight.waiting--;
    member.active++;
    stream.once('close', () => {
      member.active--;
      member.idleSince = performance.now();
      this.#serve();
    });
    attempt.start(stream);
  }

  /** The Host of a request is its `:authority` here. Trailers are welcome, which is what gRPC is told by. */
  #fields(head: OutgoingHead): string[] {
    const scheme = this.#options.target.protocol;
    const [, host = ''] = head.headers;
    const fields = [':method', head.method, ':scheme', scheme, ':authority', host, ':path', head.target];
    const all = fieldsOf(head);
    for (let i = 2; i < all.length; i += 2) fields.push((all[i] ?? '').toLowerCase(), all[i + 1] ?? '');
    if (head.contentLength !== undefined && head.contentLength > 0)
      fields.push('content-length', String(head.contentLength));
    fields.push('te', 'trailers');
    return fields;
  }

  #connect(): void {
    this.#connecting++;
    this.#options.connectH2((error, socket) => {
      this.#connecting--;
      if (socket === null) this.#failFirst(error);
      else if (this.#isPlain || !speaksH2(socket, this.#options.target)) this.#turnPlain(socket);
      else this.#adopt(socket);
    });
  }

  #failFirst(error: SallyportError | null): void {
    const first = this.#first();
    this.#queue.shift();
    first?.fail(error ?? new SallyportError('upstream_unreachable', this.name));
    this.#serve();
  }

  /** It speaks HTTP/1.1 alone. */
  #turnPlain(socket: Socket): void {
    socket.destroy();
    this.#isPlain = true;
    for (const { attempt, timeouts } of this.#queue.splice(0))
      if (!attempt.isOver) attempt.handOver((head, sink) => this.#plain.open(head, sink, timeouts));
  }

  #adopt(socket: Socket): void {
    const { target, maxHeaderBytes } = this.#options;
    const session = connectSession(`${target.protocol}://${target.authority}`, {
      createConnection: () => socket,
      maxSessionMemory: MAX_SESSION_MEMORY,
      settings: { enablePush: false, initialWindowSize: WINDOW, maxHeaderListSize: maxHeaderBytes },
    });
    const member = new Member(session);
    let fault: Error | undefined;
    session.on('error', (error) => (fault = error));
    session.once('close', () => {
      // An app in clear text that does not speak HTTP/2 answers in HTTP/1.1.
      if (!this.#members.delete(member))
        this.#failFirst(
          new SallyportError('upstream_protocol', `${this.name}: it does not speak HTTP/2`, fault),
        );
      this.#serve();
    });
    session.once('remoteSettings', () => {
      session.setLocalWindowSize(CONNECTION_WINDOW);
      if (this.#closing !== undefined && this.#queue.length === 0) session.close();
      this.#members.add(member);
      this.#sweeper ??= setInterval(() => this.#sweep(), SWEEP_MS).unref();
      this.#serve();
    });
  }

  #sweep(): void {
    const before = performance.now() - this.#options.maxKeepAliveMs;
    for (const { session, active, idleSince } of this.#members)
      if (active === 0 && idleSince <= before) session.close();
    if (this.#members.size > 0) return;
    clearInterval(this.#sweeper);
    this.#sweeper = undefined;
  }

  async #close(deadlineMs: number): Promise<void> {
    const plain = this.#plain.close(deadlineMs);
    await this.#inFlight.emptied(deadlineMs);
    for (const { session } of this.#members) session.destroy();
    clearInterval(this.#sweeper);
    await plain;
  }
}

function speaksH2(socket: Socket, target: Target): boolean {
  return !isTls(target) || (socket as TLSSocket).alpnProtocol === 'h2';
}
