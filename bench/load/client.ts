// One slot of the load: at most one connection, at most one request in flight on it. This is the generator's hot path:
// an answer costs one clock reading, one histogram entry and one write of a buffer made at the start.
import type { TLSSocket } from 'node:tls';
import type { Mode } from './plan.ts';
import type { RequestBytes } from './request-bytes.ts';
import { ResponseCounter } from './response-counter.ts';
import { kindOf, type Tally } from './tally.ts';
import type { Connect } from './target.ts';

/** Says when the next request is due, and holds the counters of the moment. */
export interface Director {
  readonly tally: Tally;
  /** The time (`performance.now()`) at which the client's next request was due, or -1: not now, I shall call `go`. */
  next(client: Client, nowMs: number): number;
}

export interface ClientSettings {
  readonly director: Director;
  readonly connect: Connect;
  readonly request: RequestBytes;
  readonly mode: Mode;
  readonly isAnswerToHead: boolean;
  /** Whether latency counts from when a request was due, even when its connection was not ready. */
  readonly isOpenLoop: boolean;
}

const IDLE = -1;
const RETRY_AFTER_MS = 50;

export class Client {
  readonly #settings: ClientSettings;
  readonly #closesAfterAnswer: boolean;
  #socket: TLSSocket | undefined;
  #counter: ResponseCounter | undefined;
  #session: Buffer | undefined;
  #dueMs = IDLE;
  #slicesLeft = 0;
  #isStopped = false;

  constructor(settings: ClientSettings) {
    this.#settings = settings;
    this.#closesAfterAnswer = settings.mode === 'full' || settings.mode === 'resume';
  }

  get isConnected(): boolean {
    return this.#socket !== undefined;
  }

  /** Sends one request, on a new connection where there is none. */
  go(dueMs: number): void {
    this.#dueMs = dueMs;
    if (this.#socket === undefined) this.#open();
    else this.#send(this.#socket);
  }

  /** Asks the director for the next request and sends it if it is due. */
  proceed(nowMs = performance.now()): void {
    const dueMs = this.#isStopped ? IDLE : this.#settings.director.next(this, nowMs);
    if (dueMs !== IDLE) this.go(dueMs);
  }

  /** Closes the connection; what is in flight is not counted. */
  stop(): void {
    this.#isStopped = true;
    this.#dueMs = IDLE;
    this.#socket?.destroy();
  }

  #open(): void {
    const { director, connect, mode, isAnswerToHead, isOpenLoop } = this.#settings;
    const counter = new ResponseCounter(
      (status, mayReuse) => this.#answered(status, mayReuse),
      isAnswerToHead,
    );
    const socket = connect({
      session: mode === 'resume' ? this.#session : undefined,
      onBytes: (bytes, length) => this.#received(counter, bytes, length),
    });
    this.#socket = socket;
    this.#counter = counter;
    socket.once('secureConnect', () => {
      director.tally.countHandshake(socket.isSessionReused());
      if (this.#dueMs === IDLE) return;
      // On connections that last, the handshake is not part of a request's latency.
      if (!isOpenLoop && !this.#closesAfterAnswer) this.#dueMs = performance.now();
      this.#send(socket);
    });
    if (mode === 'resume') socket.on('session', (session: Buffer) => (this.#session = session));
    socket.on('drain', () => this.#sendSlices(socket));
    socket.on('error', (error) => this.#failed(socket, kindOf(error)));
    socket.on('close', () => this.#closed(socket));
  }

  #send(socket: TLSSocket): void {
    const { first, slices } = this.#settings.request;
    const hasRoom = socket.write(first);
    if (slices === 0) return;
    this.#slicesLeft = slices + 1;
    if (hasRoom) this.#sendSlices(socket);
  }

  #sendSlices(socket: TLSSocket): void {
    const { slice, lastBytes } = this.#settings.request;
    while (this.#slicesLeft > 0) {
      const isLast = --this.#slicesLeft === 0;
      if (isLast && lastBytes === 0) return;
      if (!socket.write(isLast ? slice.subarray(0, lastBytes) : slice)) return;
    }
  }

  #received(counter: ResponseCounter, bytes: Buffer, length: number): void {
    this.#settings.director.tally.bytesIn += length;
    if (this.#isStopped) return;
    try {
      counter.push(bytes, length);
    } catch (error) {
      if (this.#socket !== undefined)
        this.#failed(this.#socket, error instanceof Error ? error.message : 'bad answer');
    }
  }

  #answered(status: number, mayReuse: boolean): void {
    const nowMs = performance.now();
    const socket = this.#socket;
    if (socket === undefined) return;
    if (this.#dueMs === IDLE) {
      this.#failed(socket, 'answer without a request');
      return;
    }
    this.#settings.director.tally.countAnswer(status, nowMs - this.#dueMs);
    this.#dueMs = IDLE;
    // An answer that came before the whole body had left ends the connection too.
    if (mayReuse && !this.#closesAfterAnswer && this.#slicesLeft === 0) this.proceed(nowMs);
    else if (socket.destroyed) this.#closed(socket);
    else socket.destroySoon();
  }

  #failed(socket: TLSSocket, kind: string): void {
    if (socket !== this.#socket) return;
    const wasAwaited = this.#dueMs !== IDLE;
    this.#release();
    socket.destroy();
    // A connection that dies between two requests is no error; the next request opens another.
    if (!wasAwaited) return this.proceed();
    this.#settings.director.tally.countError(kind);
    if (!this.#isStopped) setTimeout(() => this.proceed(), RETRY_AFTER_MS).unref();
  }

  #closed(socket: TLSSocket): void {
    if (socket !== this.#socket) return;
    if (this.#dueMs !== IDLE && this.#counter?.close() === true && this.#dueMs === IDLE) return;
    if (this.#dueMs !== IDLE) return this.#failed(socket, 'closed before the answer was complete');
    this.#release();
    this.proceed();
  }

  #release(): void {
    this.#socket = undefined;
    this.#counter = undefined;
    this.#dueMs = IDLE;
    this.#slicesLeft = 0;
  }
}
