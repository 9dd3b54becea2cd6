// What an app is to get, decided before any of its instances is asked. Made for requests, and for `explain`.
import { headerValue } from '../core/flat-headers.ts';
import { parseAuthority } from '../core/hostname.ts';
import { addressesOf, proxyHeader } from '../core/proxy-protocol.ts';
import type { RequestHead } from '../exchange/exchange.ts';
import type { ForwardPlan } from '../forward/outgoing.ts';
import type { PathRewrite } from '../route/rewrite.ts';
import type { Admitted } from './life.ts';
import type { AppHost } from './served-route.ts';

export interface PlanChoice {
  readonly rewrite: PathRewrite | undefined;
  /** The protocol to switch to. */
  readonly upgrade: string | undefined;
  /** As in ForwardPlan. */
  readonly key: string | undefined;
  /** Of what was kept of the body; undefined: it is passed on as it comes. */
  readonly bufferedBytes?: number | undefined;
}

export function planOf(
  { exchange, connection, path: { path, query }, route, grant, time, requestId, trace }: Admitted,
  { rewrite, upgrade, key, bufferedBytes }: PlanChoice,
): ForwardPlan {
  const {
    callerHeaders,
    maxBodyBytes,
    maxAnswerBytes,
    tunnelLimits,
    compression,
    hedgeAfterMs,
    proxyProtocol,
  } = route.parts;
  return {
    target: (rewrite?.(path) ?? path) + query,
    host: hostFor(route.parts.appHost, exchange.request),
    authority: exchange.request.authority,
    connection,
    identity: grant.identity,
    callerHeaders,
    time,
    requestId,
    trace,
    upgrade,
    key,
    contentLength: bufferedBytes ?? exchange.request.contentLength,
    maxBodyBytes,
    maxAnswerBytes,
    tunnelLimits,
    compression,
    hedgeAfterMs,
    greeting: proxyProtocol && proxyHeader(proxyProtocol, addressesOf(connection), connection.sni),
  };
}

function hostFor(appHost: AppHost, { authority, headers }: RequestHead): string | undefined {
  if (appHost === 'own') return undefined;
  if (appHost === 'client') return authority;
  if ('fixed' in appHost) return appHost.fixed;
  // What a client writes there must be a host, or the app gets its own.
  const named = headerValue(headers, appHost.header);
  return named !== undefined && parseAuthority(named) !== undefined ? named : undefined;
}
