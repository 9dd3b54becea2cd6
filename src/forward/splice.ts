// Two byte streams joined after an upgrade, with back-pressure, until both have ended or one has broken.
import type { Duplex } from 'node:stream';
import type { FlatHeaders } from '../core/flat-headers.ts';
import { noteReceived } from '../core/young-collection.ts';
import type { Exchange, Tunnel, TunnelEvents } from '../exchange/exchange.ts';

/** Answers the client's upgrade and joins it with the app's socket. `onDone` is called once, when both are gone. */
export function splice(exchange: Exchange, fields: FlatHeaders, app: Duplex, onDone: () => void): void {
  const ends = new TunnelEnds(app, onDone);
  const tunnel = exchange.upgrade(fields, ends);
  app.on('data', (chunk: Buffer) => {
    noteReceived(chunk.length);
    if (!tunnel.write(chunk)) app.pause();
  });
  ends.join(tunnel);
}

class TunnelEnds implements TunnelEvents {
  readonly #app: Duplex;
  readonly #onDone: () => void;
  #tunnel: Tunnel | undefined;
  #isClosed = false;

  constructor(app: Duplex, onDone: () => void) {
    this.#app = app;
    this.#onDone = onDone;
  }

  join(tunnel: Tunnel): void {
    this.#tunnel = tunnel;
    const app = this.#app;
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
  }

  onData(chunk: Buffer): void {
    // To an app that has ended nothing more can be said; waiting for it to take that would hide the client's end.
    if (this.#app.writable && !this.#app.write(chunk)) this.#tunnel?.pause();
  }

  onDrain(): void {
    this.#app.resume();
  }

  onEnd(): void {
    this.#app.end();
  }

  onClose(): void {
    this.#isClosed = true;
    this.#app.destroy();
    this.#onDone();
  }
}
