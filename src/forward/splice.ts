// Two byte streams joined after an upgrade, with back-pressure, until both have ended, one has broken or the time is up.
import type { Duplex } from 'node:stream';
import { SallyportError } from '../core/errors.ts';
import type { FlatHeaders } from '../core/flat-headers.ts';
import { noteReceived } from '../core/collection.ts';
import type { Exchange, Tunnel, TunnelEvents } from '../exchange/exchange.ts';

/** Infinity: no limit. */
export interface TunnelLimits {
  /** With nothing to pass on either way for so long it is cut. */
  readonly idleMs: number;
  /** From the upgrade on. */
  readonly maxMs: number;
}

export interface SpliceOptions {
  readonly fields: FlatHeaders;
  readonly app: Duplex;
  readonly limits: TunnelLimits;
  /** Called once, when both are gone; `why`: the time was up. */
  readonly onDone: (why: SallyportError | undefined) => void;
}

/** Longest delay that a timer takes. */
const MAX_DELAY_MS = 2 ** 31 - 1;

/** Answers the client's upgrade with `fields` and joins it with the app's socket. */
export function splice(exchange: Exchange, options: SpliceOptions): void {
  const { fields, app } = options;
  // After the app's last word a WebSocket is over; where nothing is known of the protocol, the client may go on.
  app.allowHalfOpen = exchange.request.upgrade !== 'websocket';
  const ends = new TunnelEnds(options);
  const tunnel = exchange.upgrade(fields, ends);
  app.on('data', (chunk: Buffer) => {
    noteReceived(chunk.length);
    ends.noteBytes();
    if (!tunnel.write(chunk)) app.pause();
  });
  ends.join(tunnel);
}

class TunnelEnds implements TunnelEvents {
  readonly #options: SpliceOptions;
  readonly #startedAt = performance.now();
  #tunnel: Tunnel | undefined;
  #isClosed = false;
  #lastBytesAt = this.#startedAt;
  #timer: NodeJS.Timeout | undefined;
  #why: SallyportError | undefined;

  constructor(options: SpliceOptions) {
    this.#options = options;
  }

  join(tunnel: Tunnel): void {
    this.#tunnel = tunnel;
    const { app } = this.#options;
    app.on('drain', () => tunnel.resume());
    app.on('end', () => {
      tunnel.end();
      tunnel.resume();
    });
    app.on('error', () => tunnel.destroy());
    app.on('close', () => {
      // Closed without an end: the client must not take what it has for everything.
      if (!app.readableEnded) tunnel.destroy();
    });
    if (this.#isClosed) app.destroy();
    else this.#watchTime();
  }

  noteBytes(): void {
    this.#lastBytesAt = performance.now();
  }

  onData(chunk: Buffer): void {
    this.noteBytes();
    const { app } = this.#options;
    // To an app that has ended nothing more can be said; waiting for it to take that would hide the client's end.
    if (app.writable && !app.write(chunk)) this.#tunnel?.pause();
  }

  onDrain(): void {
    this.#options.app.resume();
  }

  onEnd(): void {
    this.#options.app.end();
  }

  onClose(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#options.app.destroy();
    this.#options.onDone(this.#why);
  }

  /** Looks when the time may be up, not for every chunk. */
  #watchTime(): void {
    const { idleMs, maxMs } = this.#options.limits;
    const now = performance.now();
    const idleAt = this.#lastBytesAt + idleMs;
    const endAt = this.#startedAt + maxMs;
    if (now >= endAt) this.#expire('tunnel_expired');
    else if (now >= idleAt) this.#expire('tunnel_idle');
    else if (idleAt !== Infinity || endAt !== Infinity) {
      const delayMs = Math.min(Math.ceil(Math.min(idleAt, endAt) - now), MAX_DELAY_MS);
      this.#timer = setTimeout(() => this.#watchTime(), delayMs);
    }
  }

  #expire(code: 'tunnel_expired' | 'tunnel_idle'): void {
    this.#why = new SallyportError(code);
    this.#tunnel?.destroy();
    this.#options.app.destroy();
  }
}
