// One exchange as it goes through the phases. One object, on which each phase writes down one thing more; the types
// below say which phases it has passed, so that running them out of order does not compile.
import type { Hostname } from '../core/hostname.ts';
import type { ErrorCode } from '../core/errors.ts';
import type { Connection } from '../exchange/connection.ts';
import type { Trace } from '../core/trace.ts';
import type { Exchange } from '../exchange/exchange.ts';
import type { Verdict } from '../exchange/identity.ts';
import type { BufferedBody } from '../forward/buffered-body.ts';
import type { Forwarding } from '../forward/forwarding.ts';
import type { Grant } from '../policy/decide.ts';
import type { RequestPath } from '../route/path.ts';
import type { Upstream } from '../upstream/upstream.ts';
import type { RateNote } from './rate-limits.ts';
import type { Served, ServedRoute } from './served-route.ts';

export class Life {
  readonly exchange: Exchange;
  readonly served: Served;
  readonly requestId: string;
  /** Milliseconds since the epoch. */
  readonly time: number;

  /** That of the exchange, or of whoever a trusted proxy asks for. */
  connection: Connection;
  verdict: Verdict | undefined;
  /** Undefined: nothing is traced. */
  trace: Trace | undefined;
  host: Hostname | undefined;
  port: number | undefined;
  path: RequestPath | undefined;
  route: ServedRoute | undefined;
  grant: Grant | undefined;
  upstream: Upstream | undefined;
  forwarding: Forwarding | undefined;
  /** What is kept of the request's body. */
  body: BufferedBody | undefined;
  /** Milliseconds from the first byte of the head. */
  directedMs: number | undefined;

  /** Of the limit that is nearest; undefined: there is none. */
  rate: RateNote | undefined;

  rosterIndex = -1;
  isSettled = false;
  /** What the access log says of the end. */
  status = 0;
  error: ErrorCode | undefined;
  reason: string | undefined;
  detail: string | undefined;

  constructor(exchange: Exchange, served: Served, requestId: string, time: number) {
    this.exchange = exchange;
    this.connection = exchange.connection;
    this.served = served;
    this.requestId = requestId;
    this.time = time;
  }
}

declare const passed: unique symbol;

type After<Before, Phase extends string, More = unknown> = Before &
  More & { readonly [passed]: Readonly<Record<Phase, true>> };

/** The head is there and well-formed. */
export type Received = Life;
/** Whoever calls may be told what there is: the certificate is good, or none is asked for. */
export type Vouched = After<Received, 'vouched'>;
/** A route takes the request. */
export type Routed = After<
  Vouched,
  'routed',
  { readonly host: Hostname; readonly path: RequestPath; readonly route: ServedRoute }
>;
/** Policy has admitted the caller to that route; only `decide` can make the grant. */
export type Admitted = After<Routed, 'admitted', { readonly grant: Grant }>;
/** An endpoint is chosen. */
export type Directed = After<Admitted, 'directed', { readonly upstream: Upstream }>;
