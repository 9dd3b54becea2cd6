// Two byte streams joined after an upgrade, with back-pressure, until both have ended, one has broken or the time is up.
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { SallyportError } from '../core/errors.ts';
import type { FlatHeaders } from '../core/flat-headers.ts';
import { noteReceived } from '../core/collection.ts';
import { resetSocket } from '../core/reset-socket.ts';
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
  /** Called once, when both are gone; `why`: the time was up, or one of them broke off. */
  readonly onDone: (why: SallyportError | undefined) => void;
}

/** Longest delay that a timer takes. */
const MAX_DELAY_MS = 2 ** 31 - 1;

/** Answers the client's upgrade with `fields` and joins it with the app's socket. */
export function splice(exchange: Exchange, options: SpliceOptions): void {
  const { fields, app } = options;
  const isWebsocket = exchange.request.upgrade === 'websocket';
  // After the app's last word a WebSocket is over; where nothing is known of the protocol, the client may go on.
  app.allowHalfOpen = !isWebsocket;
  const ends = new TunnelEnds(options, isWebsocket);
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
  readonly #isWebsocket: boolean;
  readonly #startedAt = performance.now();
  #tunnel: Tunnel | undefined;
  #isClosed = false;
  #hasClientEnded = false;
  #lastBytesAt = this.#startedAt;
  #timer: NodeJS.Timeout | undefined;
  #why: SallyportError | undefined;

  constructor(options: SpliceOptions, isWebsocket: boolean) {
    this.#options = options;
    this.#isWebsocket = isWebsocket;
  }

  join(tunnel: Tunnel): void {
    this.#tunnel = tunnel;
    const { app } = this.#options;
    app.on('drain', () => tunnel.resume());
    app.on('end', () => {
      tunnel.end();
      tunnel.resume();
    });
    const cut = (): void => {
      this.#note(new SallyportError('upstream_cut'));
      tunnel.destroy();
    };
    app.on('error', cut);
    app.on('close', () => {
      // Closed without an end: the client must not take what it has for everything.
      if (!app.readableEnded) cut();
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
    this.#hasClientEnded = true;
    this.#options.app.end();
  }

  onClose(why: SallyportError | undefined): void {
    this.#isClosed = true;
    if (why !== undefined) this.#note(why);
    else if (!this.#hasClientEnded) this.#note(new SallyportError('client_closed'));
    clearTimeout(this.#timer);
    this.#cutApp();
    this.#options.onDone(this.#why);
  }

  /** How a WebSocket ended is said by its frames, which nobody reads here. */
  #note(why: SallyportError): void {
    if (!this.#isWebsocket) this.#why ??= why;
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
    this.#cutApp();
  }

  /** What came from a client that had not ended must not look whole, which a WebSocket and TLS show by themselves. */
  #cutApp(): void {
    const { app } = this.#options;
    const showsCut = this.#isWebsocket || app.writableEnded || app instanceof TLSSocket;
    if (!showsCut && app instanceof Socket) resetSocket(app);
    else app.destroy();
  }
}
