// The connections to one address under one server name, one identity and one trust, on sockets of our own.
import type { Socket } from 'node:net';
import { Deadlines } from '../core/deadlines.ts';
import { SallyportError } from '../core/errors.ts';
import type { HeadLimits } from '../http1/limits.ts';
import { CHUNKED_LINE, contentLengthLine, requestHeadText } from '../http1/write-head.ts';
import type { AttemptSink, OutgoingHead } from './contract.ts';
import { type ConnectionPool, type PoolOptions, type PoolStats, refusalOf } from './pool.ts';
import { RawAttempt } from './raw-attempt.ts';
import { RawConnection } from './raw-connection.ts';
import type { EndpointTimeouts } from './timeouts.ts';

/** A request that says nothing of a body means one for these (RFC 9110 8.6). */
const EXPECTS_BODY: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH']);
/** An app closes at its time; a request must not be on its way then. */
const KEEP_ALIVE_MARGIN_MS = 1000;
const SWEEP_MS = 500;
const MAX_HEADERS = 1000;

interface Waiting {
  readonly attempt: RawAttempt;
  readonly headText: string;
}

export class RawPool implements ConnectionPool {
  readonly #options: PoolOptions;
  readonly #limits: HeadLimits;
  /** All that hold a connection or wait for one. */
  readonly #attempts = new Deadlines<RawAttempt>();
  readonly #open = new Set<RawConnection>();
  /** The one used last is used next. */
  readonly #idle: RawConnection[] = [];
  readonly #queue: Waiting[] = [];
  #connecting = 0;
  #waiting = 0;
  #lastUsedAt = performance.now();
  #sweeper: NodeJS.Timeout | undefined;
  #closing: Promise<void> | undefined;
  #onEmpty: (() => void) | undefined;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#limits = { maxHeadBytes: options.maxHeaderBytes, maxHeaders: MAX_HEADERS, underscores: 'allow' };
  }

  get name(): string {
    return this.#options.target.name;
  }

  get isClosing(): boolean {
    return this.#closing !== undefined;
  }

  isIdleSince(time: number): boolean {
    return this.#attempts.size === 0 && this.#lastUsedAt <= time;
  }

  get stats(): PoolStats {
    return { open: this.#open.size, inFlight: this.#attempts.size, waiting: this.#waiting };
  }

  open(head: OutgoingHead, sink: AttemptSink, timeouts: EndpointTimeouts): RawAttempt {
    const attempt = new RawAttempt(head, sink, {
      name: this.name,
      timeouts,
      deadlines: this.#attempts,
      onReleased: (isStarted) => this.#onReleased(isStarted),
    });
    const refusal = refusalOf(this.isClosing, this.#waiting, this.#options);
    this.#waiting++;
    if (refusal !== undefined)
      failLater(attempt, new SallyportError('upstream_unavailable', `${this.name}: ${refusal}`));
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
      headText = headTextOf(attempt.head);
    } catch (error) {
      failLater(
        attempt,
        error instanceof SallyportError ? error : new SallyportError('internal', undefined, error),
      );
      return;
    }
    if (attempt.head.isFresh) {
      this.#connect((connection) => this.#start(connection, { attempt, headText }), attempt);
      return;
    }
    const connection = this.#idle.pop();
    if (connection !== undefined) {
      connection.idleUntil = Infinity;
      this.#start(connection, { attempt, headText });
      return;
    }
    this.#queue.push({ attempt, headText });
    this.#connectWhereNeeded();
  }

  #start(connection: RawConnection, { attempt, headText }: Waiting): void {
    this.#waiting--;
    connection.start(attempt, headText, attempt.head.contentLength === undefined);
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
          this.#next()?.attempt.fail(asFault(error));
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
    const connection = new RawConnection(socket, this.#limits, {
      onIdle: (idle, keepAliveMs) => {
        const { keepAliveMs: usual, maxKeepAliveMs } = this.#options;
        const hinted = keepAliveMs === undefined ? usual : keepAliveMs - KEEP_ALIVE_MARGIN_MS;
        idle.idleUntil = performance.now() + Math.min(hinted, maxKeepAliveMs);
        this.#use(idle);
      },
      onGone: (gone) => {
        this.#open.delete(gone);
        const index = this.#idle.indexOf(gone);
        if (index !== -1) this.#idle.splice(index, 1);
        this.#connectWhereNeeded();
      },
    });
    this.#open.add(connection);
    return connection;
  }

  /** The longest-waiting request takes it, else it waits for one. */
  #use(connection: RawConnection): void {
    const next = this.#next();
    if (next !== undefined) this.#start(connection, next);
    else if (this.#closing !== undefined || connection.idleUntil <= performance.now()) connection.destroy();
    else {
      if (connection.idleUntil === Infinity)
        connection.idleUntil = performance.now() + this.#options.keepAliveMs;
      this.#idle.push(connection);
      this.#sweeper ??= setInterval(() => this.#sweep(), SWEEP_MS).unref();
    }
  }

  #next(): Waiting | undefined {
    for (;;) {
      const next = this.#queue.shift();
      if (next === undefined || !next.attempt.isOver) return next;
    }
  }

  #sweep(): void {
    const now = performance.now();
    for (const connection of this.#idle.filter(({ idleUntil }) => idleUntil <= now)) connection.destroy();
    if (this.#idle.length > 0) return;
    clearInterval(this.#sweeper);
    this.#sweeper = undefined;
  }

  #onReleased(isStarted: boolean): void {
    if (!isStarted) this.#waiting--;
    if (this.#attempts.size > 0) return;
    this.#lastUsedAt = performance.now();
    this.#onEmpty?.();
  }

  async #close(deadlineMs: number): Promise<void> {
    for (const connection of this.#idle.splice(0)) connection.destroy();
    if (this.#attempts.size > 0)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(() => {
          for (const attempt of this.#attempts.members)
            attempt.fail(new SallyportError('upstream_unavailable', 'closed at the deadline'));
        }, deadlineMs);
        this.#onEmpty = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    for (const connection of this.#open) connection.destroy();
    clearInterval(this.#sweeper);
  }
}

function asFault(error: Error | null): SallyportError {
  return error instanceof SallyportError
    ? error
    : new SallyportError('upstream_unreachable', undefined, error);
}

/** Not before `open` has returned. */
function failLater(attempt: RawAttempt, error: SallyportError): void {
  queueMicrotask(() => attempt.fail(error));
}

/** With everything that frames the request. */
function headTextOf({
  method,
  target,
  headers,
  block,
  contentLength,
  upgrade,
  isFresh,
}: OutgoingHead): string {
  const connection =
    upgrade === undefined
      ? isFresh
        ? 'connection: close\r\n'
        : ''
      : `connection: upgrade\r\nupgrade: ${upgrade}\r\n`;
  const framing =
    contentLength === undefined
      ? CHUNKED_LINE
      : contentLength > 0 || EXPECTS_BODY.has(method)
        ? contentLengthLine(contentLength)
        : '';
  return requestHeadText(method, target, headers, (block?.lines ?? '') + connection + framing);
}
