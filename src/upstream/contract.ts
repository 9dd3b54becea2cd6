// What the proxy asks of whatever client talks to the apps. Ours, so that undici is one implementation and a raw client
// can be another. Calls back synchronously or later; after `onEnd`, `onUpgrade` or `onError` nothing follows.
import type { Duplex } from 'node:stream';
import type { FlatHeaders } from '../core/flat-headers.ts';
import type { SallyportError } from '../core/errors.ts';
import type { HeaderBlock } from './header-block.ts';

export interface OutgoingHead {
  readonly method: string;
  /** Origin form. */
  readonly target: string;
  /** Without framing and hop-by-hop fields; `host` first. */
  readonly headers: FlatHeaders;
  /** More of them, the same for many requests. */
  readonly block?: HeaderBlock | undefined;
  /** Body bytes that will follow; 0 for none; undefined when only `end` tells. */
  readonly contentLength: number | undefined;
  /** Asks for this protocol switch (`websocket`). */
  readonly upgrade: string | undefined;
  /** Must not reuse a connection that has served before: the second try after a stale one. */
  readonly isFresh: boolean;
}

/** How much of the request had left when an attempt failed: what decides whether it may be made again. */
export type Sent = 'none' | 'partial' | 'all';

export interface AttemptSink {
  /** 1xx but 101. */
  onInformational(status: number, headers: FlatHeaders): void;
  /** The final head; `headers` as the app sent them. */
  onHead(status: number, headers: FlatHeaders): void;
  onData(chunk: Buffer): void;
  onEnd(trailers: FlatHeaders): void;
  /** The app answered 101; the socket is ours from now on and has not been read. */
  onUpgrade(headers: FlatHeaders, socket: Duplex): void;
  /** After `onHead` this means a cut answer. `sent` tells what had left. */
  onError(error: SallyportError, sent: Sent): void;
  /** After `write` returned false: there is room again. */
  onDrain(): void;
}

/** One attempt in flight. Every method may be called after its end and does nothing then. */
export interface Attempt {
  /** False: stop until `onDrain`. */
  write(chunk: Buffer): boolean;
  end(trailers?: FlatHeaders): void;
  /** Gives up; its connection is discarded; no callback follows. */
  abort(): void;
  /** Stops and restarts the response body. */
  pause(): void;
  resume(): void;
}

/** One address of an upstream with its pool of mutually authenticated connections. */
export interface Endpoint {
  /** `https://10.0.0.7:8443`, `unix:/run/app.sock`: for the log and the metrics. */
  readonly name: string;
  /** Its `host[:port]` as a Host header has it, for routes that do not keep the client's; `localhost` for a socket. */
  readonly authority: string;
  /** Never calls `sink.onError` before it has returned. */
  open(head: OutgoingHead, sink: AttemptSink): Attempt;
}
