// The request as an app gets it. Only its host depends on which instance is asked.
import type { Connection } from '../exchange/connection.ts';
import type { Trace } from '../core/trace.ts';
import type { Exchange } from '../exchange/exchange.ts';
import type { Identity } from '../exchange/identity.ts';
import type { OutgoingHead } from '../upstream/contract.ts';
import { callerFields } from './caller.ts';
import type { CompressionSettings } from './compression.ts';
import { copyEndToEnd } from './hop-by-hop.ts';
import { type CallerHeaders, RemovedNames } from './request-headers.ts';
import type { TunnelLimits } from './splice.ts';

export interface ForwardPlan {
  /** Path and query to ask for, already matched and rewritten. */
  readonly target: string;
  /** The host that the app gets; undefined: its own. */
  readonly host: string | undefined;
  /** Host and port that the client asked for. */
  readonly authority: string;
  /** Of the client, which need not be that of the exchange. */
  readonly connection: Connection;
  readonly identity: Identity | undefined;
  readonly callerHeaders: CallerHeaders;
  /** When the request came, milliseconds since the epoch. */
  readonly time: number;
  readonly requestId: string;
  /** Undefined: what the client says of its trace passes as it is. */
  readonly trace: Trace | undefined;
  /** The protocol to switch to, where the client asks and the route allows it. */
  readonly upgrade: string | undefined;
  /** What requests share that belong to the same instance of the app; undefined: nothing. */
  readonly key: string | undefined;
  /** Of the body that will be passed on, as in OutgoingHead. */
  readonly contentLength: number | undefined;
  /** Longest body to let through. */
  readonly maxBodyBytes: number;
  /** Longest body of an answer; Infinity for no limit. */
  readonly maxAnswerBytes: number;
  /** For what comes after an upgrade. */
  readonly tunnelLimits: TunnelLimits;
  /** When another instance is asked, too; undefined: never. */
  readonly hedgeAfterMs: number | undefined;
  /** Undefined: answers go out as they come. */
  readonly compression: CompressionSettings | undefined;
  /** What an app behind CONNECT is told before the client's bytes; undefined: nothing. */
  readonly greeting: Buffer | undefined;
}

const TRACE_FIELDS = new RemovedNames(['traceparent', 'tracestate']);

/** What is behind a tunnel gets bytes, and no head. */
const CONNECT_HEAD: OutgoingHead = {
  method: 'CONNECT',
  target: '',
  headers: [],
  contentLength: 0,
  upgrade: undefined,
  isFresh: false,
};

/** `ownHost` is the host of the endpoint itself. */
export function outgoingHead(exchange: Exchange, plan: ForwardPlan, ownHost: string): OutgoingHead {
  const { request } = exchange;
  if (request.method === 'CONNECT') return CONNECT_HEAD;
  const headers: string[] = ['Host', plan.host ?? ownHost];
  const { connection, identity, authority, callerHeaders: wanted, time: now, trace } = plan;
  const said = wanted.removed?.without(request.headers) ?? request.headers;
  copyEndToEnd(trace === undefined ? said : TRACE_FIELDS.without(said), 'request', headers);
  headers.push('X-Request-Id', plan.requestId);
  trace?.addFields(headers);
  return {
    method: request.method,
    target: plan.target,
    headers,
    block: callerFields(connection, { identity, authority, wanted, now }),
    contentLength: plan.contentLength,
    upgrade: plan.upgrade,
    isFresh: false,
  };
}
