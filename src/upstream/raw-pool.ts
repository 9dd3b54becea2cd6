// The connections to one address under one server name, one identity and one trust, on sockets of our own.
import type { Socket } from 'node:net';
import { steadyClock } from '../core/clock.ts';
import { Deadlines } from '../core/deadlines.ts';
import { SallyportError } from '../core/errors.ts';
import type { HeadLimits } from '../http1/limits.ts';
import type { AttemptSink, OutgoingHead } from './contract.ts';
import { InFlight } from './in-flight.ts';
import { LinePace } from './line-pace.ts';
import { type ConnectionPool, type PoolOptions, type PoolStats, refusalOf } from './pool.ts';
import { RawAttempt } from './raw-attempt.ts';
import { RawConnection, type RawConnectionEvents } from './raw-connection.ts';
import { mayStandInLine, rawHeadText } from './raw-head.ts';
import { RawQueue, type Waiting } from './raw-queue.ts';
import type { LineRules } from './request-line.ts';
import type { EndpointTimeouts } from './timeouts.ts';

/** An app closes at its time; a request must not be on its way then. */
const KEEP_ALIVE_MARGIN_MS = 1000;
const SWEEP_MS = 500;
const MAX_HEADERS = 1000;

/** How late it may be noticed that the first in a line is slow. */
const LINE_TICK_MS = 25;

export class RawPool implements ConnectionPool {
  readonly #options: PoolOptions;
  readonly #limits: HeadLimits;
  /** All that hold a connection or wait for one. */
  readonly #inFlight: InFlight;
  readonly #open = new Set<RawConnection>();
  /** The one used last is used next. */
  readonly #idle: RawConnection[] = [];
  readonly #queue = new RawQueue();
  /** Undefined where each request has a connection to itself. */
  readonly #rules: LineRules | undefined;
  #isServing = false;
  #connecting = 0;
  #sweeper: NodeJS.Timeout | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#inFlight = new InFlight(options.target.name);
    this.#limits = { maxHeadBytes: options.maxHeaderBytes, maxHeaders: MAX_HEADERS, underscores: 'allow' };
    if (options.pipelining > 1)
      this.#rules = {
        pace: new LinePace(options.pipelining),
        deadlines: new Deadlines(steadyClock, LINE_TICK_MS),
      };
  }

  get name(): string {
    return this.#options.target.name;
  }

  get isClosing(): boolean {
    return this.#closing !== undefined;
  }

  isIdleSince(time: number): boolean {
    return this.#inFlight.isIdleSince(time);
  }

  get stats(): PoolStats {
    const { size: inFlight, waiting } = this.#inFlight;
    return { open: this.#open.size, inFlight, waiting };
  }

  open(head: OutgoingHead, sink: AttemptSink, timeouts: EndpointTimeouts): RawAttempt {
    const refusal = refusalOf(this, this.#options.maxWaiting);
    const attempt = new RawAttempt(head, sink, timeouts, this.#inFlight);
    this.#inFlight.waiting++;
    if (refusal !== undefined)
      attempt.failLater(new SallyportError('upstream_unavailable', `${this.name}: ${refusal}`));
    else this.#place(attempt);
    return attempt;
  }

  close(deadlineMs: number): Promise<void> {
    this.#closing ??= this.#close(deadlineMs);
    return this.#closing;
  }

  #place(attempt: RawAttempt): void {
    let headText: string;
    try {
      headText = rawHeadText(attempt.head);
    } catch (error) {
      attempt.failLater(
        error instanceof SallyportError ? error : new SallyportError('internal', undefined, error),
      );
      return;
    }
    const isShareable = this.#rules !== undefined && mayStandInLine(attempt.head);
    const waiting = { attempt, headText, isShareable };
    if (attempt.head.isFresh) this.#connect((connection) => this.#start(connection, waiting), attempt);
    else {
      this.#queue.push(waiting);
      this.#serve();
    }
  }

  /** Those that wait: now, or where lines may form, at the end of this turn of the event loop, in as few writes as can be. */
  #serve(): void {
    if (this.#rules === undefined) this.#serveEach();
    else if (!this.#isServing) {
      this.#isServing = true;
      setImmediate(this.#serveLines, this.#rules);
    }
  }

  #serveEach(): void {
    while (this.#idle.length > 0) {
      const next = this.#queue.next();
      if (next === undefined) break;
      this.#start(this.#takeIdle() as RawConnection, next);
    }
    this.#connectWhereNeeded();
  }

  /** On idle connections first, then behind others; each is filled before the next is used. */
  readonly #serveLines = ({ pace }: LineRules): void => {
    this.#isServing = false;
    const now = performance.now();
    const depth = pace.depth(now);
    for (let { first } = this.#queue; first !== undefined; { first } = this.#queue) {
      const { isShareable } = first;
      const connection = this.#takeIdle() ?? (isShareable ? this.#withRoom(depth, now) : undefined);
      if (connection === undefined) break;
      if (isShareable) this.#startLine(connection, this.#queue.nextLine(connection.roomFor(depth, now)));
      else this.#start(connection, this.#queue.next() as Waiting);
    }
    this.#connectWhereNeeded();
  };

  #takeIdle(): RawConnection | undefined {
    const connection = this.#idle.pop();
    if (connection !== undefined) connection.idleUntil = Infinity;
    return connection;
  }

  #withRoom(depth: number, now: number): RawConnection | undefined {
    for (const connection of this.#open) if (connection.roomFor(depth, now) > 0) return connection;
    return undefined;
  }

  #start(connection: RawConnection, { attempt, headText }: Waiting): void {
    this.#inFlight.waiting--;
    connection.start(attempt, headText, attempt.head.contentLength === undefined);
  }

  #startLine(connection: RawConnection, line: readonly Waiting[]): void {
    this.#inFlight.waiting -= line.length;
    connection.startLine(
      line.map(({ attempt }) => attempt),
      line.map(({ headText }) => headText).join(''),
    );
  }

  /** What has lost its place in a line: alone this time, and before all others. */
  #resend(attempts: readonly RawAttempt[]): void {
    const waiting = attempts
      .filter(({ isOver }) => !isOver)
      .map((attempt) => ({ attempt, headText: rawHeadText(attempt.head), isShareable: false }));
    this.#inFlight.waiting += waiting.length;
    this.#queue.pushFront(waiting);
    for (const { attempt } of waiting) attempt.restart();
    this.#serve();
  }

  #connectWhereNeeded(): void {
    while (
      this.#connecting < this.#queue.length &&
      this.#open.size + this.#connecting < this.#options.maxConnections
    ) {
      this.#connecting++;
      this.#options.connect((error, socket) => {
        this.#connecting--;
        if (socket === null) {
          this.#queue.next()?.attempt.fail(asFault(error));
          this.#connectWhereNeeded();
        } else this.#use(this.#adopt(socket));
      });
    }
  }

  /** For one request, whatever the number of connections. */
  #connect(ready: (connection: RawConnection) => void, attempt: RawAttempt): void {
    this.#options.connect((error, socket) => {
      if (attempt.isOver) socket?.destroy();
      else if (socket === null) attempt.fail(asFault(error));
      else ready(this.#adopt(socket));
    });
  }

  #adopt(socket: Socket): RawConnection {
    const events: RawConnectionEvents = {
      onIdle: (idle, keepAliveMs) => {
        const { keepAliveMs: usual, maxKeepAliveMs } = this.#options;
        const hinted = keepAliveMs === undefined ? usual : keepAliveMs - KEEP_ALIVE_MARGIN_MS;
        idle.idleUntil = performance.now() + Math.min(hinted, maxKeepAliveMs);
        this.#use(idle);
      },
      onLost: (attempts) => this.#resend(attempts),
      onGone: (gone) => {
        this.#open.delete(gone);
        const index = this.#idle.indexOf(gone);
        if (index !== -1) this.#idle.splice(index, 1);
        if (this.#queue.length > 0) this.#serve();
      },
    };
    const connection = new RawConnection(socket, this.#limits, events, this.#rules);
    this.#open.add(connection);
    return connection;
  }

  /** The longest-waiting request takes it, else it waits for one. */
  #use(connection: RawConnection): void {
    const isIdle = this.#queue.first === undefined;
    if (isIdle && (this.#closing !== undefined || connection.idleUntil <= performance.now())) {
      connection.destroy();
      return;
    }
    if (connection.idleUntil === Infinity)
      connection.idleUntil = performance.now() + this.#options.keepAliveMs;
    this.#idle.push(connection);
    this.#sweeper ??= setInterval(() => this.#sweep(), SWEEP_MS).unref();
    if (!isIdle) this.#serve();
  }

  #sweep(): void {
    const now = performance.now();
    for (const connection of this.#idle.filter(({ idleUntil }) => idleUntil <= now)) connection.destroy();
    if (this.#idle.length > 0) return;
    clearInterval(this.#sweeper);
    this.#sweeper = undefined;
  }

  async #close(deadlineMs: number): Promise<void> {
    for (const connection of this.#idle.splice(0)) connection.destroy();
    await this.#inFlight.emptied(deadlineMs);
    for (const connection of this.#open) connection.destroy();
    clearInterval(this.#sweeper);
  }
}

function asFault(error: Error | null): SallyportError {
  return error instanceof SallyportError
    ? error
    : new SallyportError('upstream_unreachable', undefined, error);
}
