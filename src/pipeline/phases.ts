// The life of a request, in order. Read this file first.
//
//   receive ─▶ vouch ─▶ route ─▶ admit ─▶ filters ─▶ direct ─▶ attempt ⟲ ─▶ relay ─▶ settle
//      │400     │refused  │404/421  │403     │4xx        │503      │502/504    │cut       └ always: one log line
//      └────────┴─────────┴─────────┴────────┴───────────┴─────────┴───────────┴──▶ answer
//
// Each phase takes what the one before returned and gives it back with one thing more, or ends the request with a
// Refusal. `receive` is the edge's: what arrives here is well-formed. `attempt` and `relay` are the forward room's.
import { headerValue } from '../core/flat-headers.ts';
import type { RequestHead } from '../exchange/exchange.ts';
import { decide } from '../policy/decide.ts';
import type { Rule } from '../policy/rule.ts';
import { NO_PATH, parsePath } from '../route/path.ts';
import { matchAmong } from '../route/table.ts';
import { type AskedHost, askedHost } from './asked-host.ts';
import { jwksAsked } from './jwks.ts';
import { standIn } from './on-behalf.ts';
import type { Admitted, Directed, Received, Routed, Vouched } from './life.ts';
import { Refusal } from './refusal.ts';
import type { Jwks } from './served-route.ts';

/** As far as nothing has to be answered yet: who is let through, or wants the keys that we publish. */
export function approach(received: Received): Admitted | Jwks | Refusal {
  const keys = jwksAsked(received);
  if (keys?.isPublic === true) return keys;
  const vouched = vouch(received);
  if (vouched instanceof Refusal) return vouched;
  const { trustedProxies } = received.served;
  const fault = trustedProxies && standIn(received, trustedProxies);
  if (fault !== undefined) return fault;
  if (keys !== undefined) return keys;
  const routed = route(vouched);
  return routed instanceof Refusal ? routed : admit(routed);
}

/**
 * Before anything else, so that strangers learn nothing: where a certificate is demanded and the verdict is not ok, the
 * answer is the same for every host, path and method.
 */
export function vouch(received: Received, now = received.time): Vouched | Refusal {
  const { connection } = received.exchange;
  const verdict = connection.verdict(now);
  received.verdict = verdict;
  if (!connection.demandsCertificate || verdict?.ok === true) return received as Vouched;
  if (verdict === undefined || verdict.reason === 'none_sent')
    return new Refusal('client_certificate_required', 'none_sent');
  const detail = [verdict.shown?.subject, verdict.detail].filter((part) => part !== undefined).join(': ');
  return new Refusal('client_certificate_invalid', verdict.reason, detail, verdict.message);
}

/**
 * The route for host and path, or for the host and port of a CONNECT; 421 where this connection was made under another
 * TLS policy than the host's.
 */
export function route(vouched: Vouched): Routed | Refusal {
  const { exchange, served } = vouched;
  const { request, connection } = exchange;
  if (request.method === 'TRACE') return new Refusal('method_not_allowed');
  const asked = askedHost(request.authority, connection, served);
  if (asked === undefined) return new Refusal('bad_host');
  if (request.method === 'CONNECT') return routeTunnel(vouched, asked);
  const path = parsePath(request.target);
  if (typeof path === 'string') return new Refusal(path);
  vouched.host = asked.host;
  vouched.port = asked.port;
  vouched.path = path;
  if (!asked.isOfGroup) return new Refusal('misdirected');
  const match = matchAmong(asked.routes, path);
  if (typeof match === 'string') return new Refusal(match);
  vouched.route = match;
  return vouched as Routed;
}

/** To whoever names no port of a route CONNECT is a method that is not served, wherever it leads: this is no open proxy. */
function routeTunnel(vouched: Vouched, { host, port, isOfGroup }: AskedHost): Routed | Refusal {
  vouched.host = host;
  vouched.port = port;
  vouched.path = NO_PATH;
  if (!isOfGroup) return new Refusal('misdirected');
  const found = port === undefined ? undefined : vouched.served.routes.tunnel(host, port);
  if (found === undefined) return new Refusal('method_not_allowed');
  vouched.route = found;
  return vouched as Routed;
}

/** Whether this caller may use this route. Fails closed. */
export function admit(routed: Routed): Admitted | Refusal {
  const { rule, allowsPreflight } = routed.route.parts;
  const decision = decide({
    connection: routed.connection,
    verdict: routed.verdict,
    rule: allowsPreflight && isPreflight(routed.exchange.request) ? PUBLIC : rule,
    policyVersion: routed.served.policyVersion,
    method: routed.exchange.request.method,
    path: routed.path.path,
    now: routed.time,
  });
  if (!decision.ok) return new Refusal(decision.code, decision.reason, decision.detail);
  routed.grant = decision;
  return routed as Admitted;
}

const PUBLIC: Rule = { kind: 'public' };

/** Browsers ask before a request of another site, and show no certificate then (Fetch 3.3.3). */
function isPreflight({ method, headers }: RequestHead): boolean {
  return (
    method === 'OPTIONS' &&
    headerValue(headers, 'origin') !== undefined &&
    headerValue(headers, 'access-control-request-method') !== undefined
  );
}

/** Which group of endpoints the request goes to. */
export function direct(admitted: Admitted): Directed | Refusal {
  const { upstream } = admitted.route.parts;
  if (upstream === undefined)
    return new Refusal('upstream_unavailable', undefined, 'the route has no upstream');
  admitted.upstream = upstream;
  admitted.directedMs = performance.now() - admitted.exchange.startedAt;
  return admitted as Directed;
}
