// The connections to one address under one server name, one identity and one trust: an undici Pool of channels, each
// with one request at a time. Routes that agree on all of that share it, and it outlives reloads that change none.
import type { Readable } from 'node:stream';
import { type Dispatcher, Pool } from 'undici';
import { SallyportError } from '../core/errors.ts';
import { Channel } from './channel.ts';
import type { AttemptSink, OutgoingHead } from './contract.ts';
import { fieldsOf } from './header-block.ts';
import { type ConnectionPool, type PoolOptions, type PoolStats, refusalOf } from './pool.ts';
import type { EndpointTimeouts } from './timeouts.ts';
import { type AttemptTally, UndiciAttempt } from './undici-attempt.ts';

export class UndiciPool implements AttemptTally, ConnectionPool {
  readonly #options: PoolOptions;
  readonly #origin: string;
  /** undici wants a name per request, or it takes the Host header's for SNI and reconnects whenever that changes. */
  readonly #serverName: string;
  readonly #oneOffs = new Set<Channel>();
  #pool: Pool | undefined;
  #inFlight = 0;
  #waiting = 0;
  #lastUsedAt = performance.now();
  #closing: Promise<void> | undefined;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#origin = `${options.target.protocol}://endpoint`;
    this.#serverName = options.target.serverName === '' ? 'endpoint' : options.target.serverName;
  }

  get name(): string {
    return this.#options.target.name;
  }

  /** Takes no more requests. */
  get isClosing(): boolean {
    return this.#closing !== undefined;
  }

  /** Whether nothing has been in flight since `time` (as of `performance.now()`). */
  isIdleSince(time: number): boolean {
    return this.#inFlight === 0 && this.#lastUsedAt <= time;
  }

  get stats(): PoolStats {
    const open = (this.#pool?.stats.connected ?? 0) + this.#oneOffs.size;
    return { open, inFlight: this.#inFlight, waiting: this.#waiting };
  }

  open(head: OutgoingHead, sink: AttemptSink, timeouts: EndpointTimeouts): UndiciAttempt {
    const { target } = this.#options;
    const attempt = new UndiciAttempt(head, sink, { name: target.name, timeouts, tally: this });
    const refusal = refusalOf(this, this.#options.maxWaiting);
    this.#inFlight++;
    this.#waiting++;
    if (refusal !== undefined) {
      attempt.onResponseError(null, new SallyportError('upstream_unavailable', `${target.name}: ${refusal}`));
      return attempt.opened();
    }
    const request = this.#request(head, attempt, timeouts);
    if (head.isFresh) this.#dispatchOnce(request, attempt);
    else this.#livePool().dispatch(request, attempt);
    return attempt.opened();
  }

  /** Lets what is in flight come to its end, cuts what is left after `deadlineMs`; then no connection is open. */
  close(deadlineMs: number): Promise<void> {
    this.#closing ??= this.#close(deadlineMs);
    return this.#closing;
  }

  async #close(deadlineMs: number): Promise<void> {
    const dispatchers = [...(this.#pool === undefined ? [] : [this.#pool]), ...this.#oneOffs];
    await Promise.all(dispatchers.map((dispatcher) => closed(dispatcher, deadlineMs)));
  }

  onStarted(): void {
    this.#waiting--;
  }

  onReleased(isStarted: boolean): void {
    if (!isStarted) this.#waiting--;
    this.#inFlight--;
    if (this.#inFlight === 0) this.#lastUsedAt = performance.now();
  }

  #livePool(): Pool {
    this.#pool ??= new Pool(this.#origin, {
      connections: this.#options.maxConnections,
      allowH2: false,
      factory: () => new Channel(this.#origin, this.#options),
    });
    return this.#pool;
  }

  /** A connection for one request, closed behind it. */
  #dispatchOnce(request: Dispatcher.DispatchOptions, attempt: UndiciAttempt): void {
    const channel = new Channel(this.#origin, this.#options);
    this.#oneOffs.add(channel);
    channel.dispatch({ ...request, reset: true }, attempt);
    channel.close(() => this.#oneOffs.delete(channel));
  }

  #request(
    head: OutgoingHead,
    attempt: UndiciAttempt,
    timeouts: EndpointTimeouts,
  ): Dispatcher.DispatchOptions {
    const hasLength = head.contentLength !== undefined && head.contentLength > 0;
    const headers = fieldsOf(head);
    if (hasLength) headers.push('content-length', String(head.contentLength));
    const request = {
      path: head.target,
      method: head.method,
      headers,
      // Not Node's Readable, but as much of it as undici touches.
      body: attempt.body as unknown as Readable | null,
      upgrade: head.upgrade ?? null,
      servername: this.#serverName,
      bodyTimeout: timeouts.idleMs,
    };
    return request;
  }
}

/** The callback forms: a dispatcher that is closed or destroyed already says so by an error, and that is fine. */
function closed(dispatcher: Dispatcher, deadlineMs: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      const error = new SallyportError('upstream_unavailable', 'closed at the deadline');
      // A pool that is destroyed while requests wait in it never calls back the close.
      dispatcher.destroy(error, () => resolve());
    }, deadlineMs);
    dispatcher.close(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
