// Whether a request would be let through, and why: the verdict, the phases and the policy that serve requests, run on
// one that nobody sent.
import { createHash } from 'node:crypto';
import { ERRORS } from '../core/errors.ts';
import { type Hostname, isAddress, parseAuthority } from '../core/hostname.ts';
import { groupNameFor } from '../edge/tls-groups.ts';
import type { TlsGroupSettings } from '../edge/tls-group.ts';
import type { Connection } from '../exchange/connection.ts';
import { claimsOf } from '../forward/assertion.ts';
import { type Admitted, Life } from '../pipeline/life.ts';
import { type Rehearsal, rehearse, rehearsedHead } from '../pipeline/rehearsal.ts';
import { Refusal } from '../pipeline/refusal.ts';
import { statusOf } from '../pipeline/refusal-settings.ts';
import type { Served, ServedRoute } from '../pipeline/served-route.ts';
import type { Step } from '../pki/examine.ts';
import type { Verdict } from '../pki/identity.ts';
import { verify } from '../pki/verify.ts';
import { consider, considerTunnels } from '../route/consider.ts';
import { NO_PATH, parsePath } from '../route/path.ts';
import type { Build } from './build.ts';
import { NOTHING, aboutRequest, closed, isoText, policyPart } from './explain-parts.ts';
import { explainPassthrough } from './explain-passthrough.ts';
import type { ImaginedRequest } from './explain-request.ts';
import type { Answer, ConsideredRoute, Explanation, ForwardedRequest } from './explanation.ts';
import { fieldsOf } from '../upstream/header-block.ts';

/** `build`: what is in force, or would be. */
export async function explain(
  { edge, served }: Pick<Build, 'edge' | 'served'>,
  asked: ImaginedRequest,
): Promise<Explanation> {
  const { host, port } = parseAuthority(asked.authority) ?? {};
  if (host === undefined) throw new Error(`'${asked.authority}' is not a host`);
  const through = isAddress(host) ? undefined : served.passthrough.lookup(host);
  if (typeof through === 'object') return explainPassthrough(through, asked, served.policyVersion);
  const name = groupNameFor(edge.tls, isAddress(host) ? undefined : host);
  const group = edge.tls.groups.find((one) => one.name === name);
  if (group === undefined)
    return {
      ...NOTHING,
      ...aboutRequest(asked),
      answer: closed('no_server_name', 'clients that name no host are refused'),
    };
  const steps: Step[] = [];
  const verdict = await verdictIn(group, asked, steps);
  const connection = imagineConnection(group, { asked, host, verdict });
  const rehearsal = rehearse(asked, { connection, served, time: asked.time });
  const answer = closedBy(group, asked, verdict) ?? answerOf(rehearsal, served);
  const admitted = answer.kind === 'closed' ? undefined : admittedIn(rehearsal);
  const { considered, taken, path } = routesFor(served, host, asked.method === 'CONNECT' ? { port } : asked);
  return {
    ...aboutRequest(asked),
    admitted: answer.kind !== 'refused' && answer.kind !== 'closed',
    answer,
    host: {
      tls_group: group.name,
      client_certificate: group.clientCertificate,
      tls_min_version: group.minVersion,
      shown: group.credentials.select(host).leaf.subject,
    },
    verdict: verdict === undefined ? null : { ...verdictText(verdict), steps },
    routes: considered,
    policy:
      taken === undefined
        ? null
        : policyPart(
            {
              connection,
              verdict,
              rule: taken.parts.rule,
              policyVersion: served.policyVersion,
              method: asked.method,
              path,
              now: asked.time,
            },
            admitted?.grant.wouldDeny,
          ),
    forwarded: admitted === undefined ? null : forwardedBy(admitted, asked, host),
  };
}

async function verdictIn(
  { trust }: TlsGroupSettings,
  { certificates: [leaf, ...sent], time }: ImaginedRequest,
  steps: Step[],
): Promise<Verdict | undefined> {
  if (trust === undefined) return undefined;
  const input = { leaf, sent, trust, now: time, openssl: 'not_run' };
  if (trust.ocsp !== undefined && leaf !== undefined) {
    verify(input);
    await trust.ocsp.pending(createHash('sha256').update(leaf).digest('hex'));
  }
  return verify(input, steps);
}

function verdictText(verdict: Verdict) {
  const until = Number.isFinite(verdict.until) ? isoText(verdict.until) : null;
  if (verdict.ok) return { ok: true, reason: null, detail: null, until };
  return { ok: false, reason: verdict.reason, detail: verdict.detail ?? null, until };
}

function imagineConnection(
  group: TlsGroupSettings,
  { asked, host, verdict }: { asked: ImaginedRequest; host: Hostname; verdict: Verdict | undefined },
): Connection {
  return {
    id: 0,
    remoteAddress: asked.address,
    remotePort: 0,
    localAddress: '',
    localPort: 0,
    sni: isAddress(host) ? undefined : host,
    alpn: 'http/1.1',
    group: group.serves,
    demandsCertificate: group.clientCertificate === 'require',
    tlsVersion: asked.tlsVersion,
    cipher: '',
    isResumed: false,
    handshakeMs: 0,
    verdict: () => verdict,
  };
}

/** What ends before there is a request. */
function closedBy(
  group: TlsGroupSettings,
  { tlsVersion }: ImaginedRequest,
  verdict: Verdict | undefined,
): Answer | undefined {
  if (tlsVersion < group.minVersion)
    return closed('tls_version', `the host speaks ${group.minVersion} or later, the client ${tlsVersion}`);
  if (group.refusal === 'close' && group.clientCertificate === 'require' && verdict?.ok === false)
    return closed(
      verdict.reason,
      'the connection is closed without an answer (enforcement: reject_connection)',
    );
  return undefined;
}

function admittedIn({ outcome }: Rehearsal): Admitted | undefined {
  return outcome instanceof Life ? outcome : undefined;
}

function answerOf({ life, outcome }: Rehearsal, served: Served): Answer {
  if (outcome instanceof Refusal) {
    const { code, reason = null, detail = null, message = null } = outcome;
    const { status } = statusOf(code, served.refusals.status);
    return { kind: 'refused', status, code, reason, detail: detail ?? ERRORS[code].text, message };
  }
  if (!(outcome instanceof Life)) return { kind: 'keys' };
  const { action, parts } = outcome.route;
  switch (action.kind) {
    case 'forward':
    case 'tunnel': {
      const upstream = parts.upstream?.shown.map(({ name }) => name) ?? [];
      return { kind: action.kind === 'tunnel' ? 'tunnel' : 'forwarded', upstream };
    }
    case 'redirect': {
      const location = action.redirect.location(outcome.host, life.port, outcome.path);
      return { kind: 'redirect', status: action.redirect.status, location };
    }
    case 'enrol':
      return { kind: 'enrol' };
    case 'response':
      return { kind: 'response', status: action.response.status };
    default:
      return action satisfies never;
  }
}

function routesFor(
  { routes }: Served,
  host: Hostname,
  asked: { readonly target: string } | { readonly port: number | undefined },
): { considered: ConsideredRoute[]; taken: ServedRoute | undefined; path: string } {
  const path = 'target' in asked ? parsePath(asked.target) : NO_PATH;
  if (typeof path === 'string') return { considered: [], taken: undefined, path: '' };
  const all = 'target' in asked ? consider(routes, host, path) : considerTunnels(routes, host, asked.port);
  return {
    considered: all.map(({ route: { index, name, id }, standing }) => ({ index, name, id, standing })),
    taken: all.find(({ standing }) => standing === 'taken')?.route,
    path: path.path,
  };
}

/** Headers that carry what the app is to trust are not for whoever may ask for an explanation. */
const SECRET = /authorization|cookie|token|secret|password|api-?key/i;

function forwardedBy(admitted: Admitted, asked: ImaginedRequest, host: Hostname): ForwardedRequest | null {
  const { upstream, callerHeaders } = admitted.route.parts;
  const endpoint = upstream?.shown[0];
  const head = endpoint && rehearsedHead(admitted, endpoint);
  if (head === undefined) return null;
  const headers: [string, string][] = [];
  const fields = fieldsOf(head);
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const [name = '', value = ''] = fields.slice(i, i + 2);
    headers.push([name, SECRET.test(name) ? '(not shown)' : value]);
  }
  const { identity } = admitted.grant;
  const { assertion } = callerHeaders;
  return {
    method: head.method,
    target: head.target,
    headers,
    assertion:
      assertion === undefined || identity === undefined
        ? null
        : { header: assertion.header, claims: claimsOf(assertion, identity, { host, now: asked.time }) },
  };
}
