// One request and its answer, whatever HTTP version carries them. The edge implements it (h1 connection, h2
// stream), the pipeline drives it, neither knows the other. Proven by one contract suite run on every implementation.
import type { SallyportError } from '../core/errors.ts';
import type { FlatHeaders } from '../core/flat-headers.ts';
import type { Connection } from './connection.ts';

export interface RequestHead {
  readonly method: string;
  /** Host, `:authority` or the authority of an absolute target, as sent; syntax not yet judged. */
  readonly authority: string;
  /** Origin form (`/path?query`) or `*`; for CONNECT the authority form. */
  readonly target: string;
  readonly version: 'HTTP/1.0' | 'HTTP/1.1' | 'HTTP/2';
  /** As arrived, `Connection` and `Host` included where the version has them. */
  readonly headers: FlatHeaders;
  /** Body length in bytes; 0 for none; undefined when only the end of the stream tells (chunked, h2 without length). */
  readonly contentLength: number | undefined;
  /** The protocol that an upgrade (h1) or extended CONNECT (h2) asks for, lower case; else undefined. */
  readonly upgrade: string | undefined;
}

/** Receives the request body. Nothing is called after `onEnd` or `onAbort`. */
export interface RequestBodySink {
  onData(chunk: Buffer): void;
  onEnd(trailers: FlatHeaders): void;
  /** The body will never be complete: cut, malformed, too slow or too large (`code` of the error table). */
  onAbort(error: SallyportError): void;
}

/** Told once about what happens to the exchange from outside. */
export interface ExchangeEvents {
  /** After `write` returned false: there is room again. */
  onDrain(): void;
  /** The client went away, or the exchange was aborted: nothing written from now on goes anywhere. At most once. */
  onClose(error: SallyportError): void;
}

/** How many bytes of body follow a response head: none (HEAD, 204, 304), exactly n, or until `end`. */
export type ResponseLength = number | 'none' | 'until_end';

/**
 * What shall become of the connection after this exchange. `keep`: serve the next one; `retire`: finish this answer,
 * then close (h1) or GOAWAY (h2); `abort`: cut now so that the client sees an incomplete answer. In HTTP/1 a request that
 * has not arrived whole retires its connection in any case; in HTTP/2 an answer of 421 is about its stream alone.
 */
export type Disposition = 'keep' | 'retire' | 'abort';

/** Raw bytes both ways after a 101 (h1) or a 200 to CONNECT, extended (h2) or not. */
export interface Tunnel {
  /** False: stop until `onDrain`. */
  write(chunk: Buffer): boolean;
  /** No more bytes from our side. */
  end(): void;
  /** Cut both ways at once. */
  destroy(): void;
  pause(): void;
  resume(): void;
}

export interface TunnelEvents {
  onData(chunk: Buffer): void;
  onDrain(): void;
  /** The client finished its side. */
  onEnd(): void;
  /** Both ways are gone. Exactly once. `why`: it was cut, as `revoke` said. */
  onClose(why: SallyportError | undefined): void;
}

export interface Exchange {
  readonly connection: Connection;
  readonly request: RequestHead;
  /** `performance.now()` when the first byte of the head was seen. */
  readonly startedAt: number;
  /** Bytes of request body read and of response body written so far; after an upgrade those of the tunnel. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Whether the whole request, body included, has arrived. */
  readonly isRequestComplete: boolean;

  /** Must be called before anything that can fail. */
  listen(events: ExchangeEvents): void;

  /**
   * Starts the flow of the request body; at most once. Sends `100 Continue` first where it was asked for and no
   * head was sent. A body that nobody reads is discarded within limits, or the connection is retired.
   */
  readBody(sink: RequestBodySink): void;
  pauseBody(): void;
  resumeBody(): void;

  /** An interim answer (1xx but 101), dropped silently where the client is HTTP/1.0. */
  inform(status: number, headers: FlatHeaders): void;
  /**
   * The final head. `headers` has no framing fields and no hop-by-hop fields: the edge frames. Exactly once.
   * `isLast`: it is already known that the connection will retire, so an h1 head can say `Connection: close`.
   */
  respond(status: number, headers: FlatHeaders, length: ResponseLength, isLast?: boolean): void;
  /** False: stop until `onDrain`. */
  write(chunk: Buffer): boolean;
  /** Completes the answer. Trailers are dropped where the client cannot get them. */
  end(trailers?: FlatHeaders): void;

  /**
   * Answers 200 to CONNECT, 101 (h1) or 200 (h2) to an upgrade, and turns the exchange into a tunnel. Only where the
   * method is CONNECT or `request.upgrade` is set.
   */
  upgrade(headers: FlatHeaders, events: TunnelEvents): Tunnel;

  /**
   * Its caller may go no further: what is in flight may end within the edge's deadline and is cut then, a WebSocket is
   * closed with 1008, another tunnel cut, and the connection (h1) or stream (h2) carries nothing more. Returns what it was
   * doing.
   */
  revoke(error: SallyportError): 'in_flight' | 'tunnel';

  /** Returns what does become of the connection. The last call, always made, exactly once, after `end`, a tunnel's close, or instead of them (`abort`). */
  settle(disposition: Disposition): Disposition;
}
