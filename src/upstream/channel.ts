// One undici client, so at most one connection, that knows its socket and tells the attempt which channel carries it.
// undici is pinned: what is relied on here and in undici-attempt.ts is its inside, and is covered by tests.
import type { Socket } from 'node:net';
import { Client, type Dispatcher } from 'undici';
import type { ConnectionOptions } from './pool.ts';

/** What an attempt gets to know about its channel. */
export interface Carrier {
  /** The latest connection; undefined before the first one. */
  readonly socket: Socket | undefined;
}

export interface CarriedHandler extends Dispatcher.DispatchHandler {
  onCarrier(carrier: Carrier): void;
}

export class Channel extends Client {
  readonly #carrier: Carrier;

  constructor(origin: string, options: ConnectionOptions) {
    const carrier: { socket: Socket | undefined } = { socket: undefined };
    super(origin, {
      connect: (_, callback) =>
        options.connect((error, socket) => {
          if (socket === null) callback(error ?? new Error('no socket'), null);
          else callback(null, (carrier.socket = socket));
        }),
      pipelining: 1,
      allowH2: false,
      useMilo: false,
      maxHeaderSize: options.maxHeaderBytes,
      keepAliveTimeout: options.keepAliveMs,
      keepAliveMaxTimeout: options.maxKeepAliveMs,
      // The attempt has an absolute deadline of its own: undici's is put off by every informational response.
      headersTimeout: 0,
    });
    this.#carrier = carrier;
  }

  /**
   * True, whatever undici's client says, when the request was refused before it was queued: the pool takes false for
   * 'busy until drain', and a client that was never busy never drains, so it would be out of rotation for good.
   */
  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    (handler as CarriedHandler).onCarrier(this.#carrier);
    return super.dispatch(options, handler) || this.stats.size === 0;
  }
}
