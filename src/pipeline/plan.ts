// What an app is to get, decided before any of its instances is asked. Made for requests, and for `explain`.
import type { ForwardPlan } from '../forward/outgoing.ts';
import type { PathRewrite } from '../route/rewrite.ts';
import type { Admitted } from './life.ts';

export interface PlanChoice {
  readonly rewrite: PathRewrite | undefined;
  /** The protocol to switch to. */
  readonly upgrade: string | undefined;
  /** As in ForwardPlan. */
  readonly key: string | undefined;
}

export function planOf(
  { exchange, path: { path, query }, route, grant, time, requestId }: Admitted,
  { rewrite, upgrade, key }: PlanChoice,
): ForwardPlan {
  const { preserveHost, callerHeaders, maxBodyBytes } = route.parts;
  return {
    target: (rewrite?.(path) ?? path) + query,
    preserveHost,
    authority: exchange.request.authority,
    identity: grant.identity,
    callerHeaders,
    time,
    requestId,
    upgrade,
    key,
    maxBodyBytes,
  };
}
