// The raw bytes of an HTTP/1.1 connection after 101 Switching Protocols.
import type { Duplex } from 'node:stream';
import type { Tunnel, TunnelEvents } from '../exchange/exchange.ts';
import type { H1Output } from './h1-output.ts';

/** `finish` says goodbye to the client, who then has as long to close as after any last answer. */
export interface TunnelParts {
  /** Counts what goes either way. */
  readonly count: { bytesIn: number; bytesOut: number };
  readonly events: TunnelEvents;
  readonly early: Buffer | undefined;
  readonly finish: () => void;
}

export class H1Tunnel implements Tunnel {
  readonly #socket: Duplex;
  readonly #output: H1Output;
  readonly #count: TunnelParts['count'];
  readonly #events: TunnelEvents;
  /** What came behind the upgrade request; its receiver is not ready before `upgrade` has returned. */
  #early: Buffer | undefined;
  readonly #finish: () => void;
  #isClosed = false;

  constructor(socket: Duplex, output: H1Output, rest: TunnelParts) {
    this.#socket = socket;
    this.#output = output;
    this.#count = rest.count;
    this.#events = rest.events;
    this.#early = rest.early;
    this.#finish = rest.finish;
    if (rest.early !== undefined) process.nextTick(() => this.#releaseEarly());
  }

  write(chunk: Buffer): boolean {
    if (this.#isClosed) return false;
    this.#count.bytesOut += chunk.length;
    this.#output.push(chunk);
    this.#output.flush();
    return !this.#output.isBlocked;
  }

  end(): void {
    this.#finish();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  takeData(chunk: Buffer): void {
    this.#releaseEarly();
    this.#deliver(chunk);
  }

  #releaseEarly(): void {
    const early = this.#early;
    this.#early = undefined;
    if (early !== undefined) this.#deliver(early);
  }

  #deliver(chunk: Buffer): void {
    if (this.#isClosed) return;
    this.#count.bytesIn += chunk.length;
    this.#events.onData(chunk);
  }

  takeDrain(): void {
    this.#events.onDrain();
  }

  takeEnd(): void {
    if (!this.#isClosed) this.#events.onEnd();
  }

  takeClose(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#events.onClose();
  }
}
