// From the configuration's routes to the table that the pipeline serves from. Yields to the event loop between slices,
// so that a reload of a large configuration does not hold up the requests that are being served meanwhile.
import type { Config, RouteConfig } from '../config/schema.ts';
import { isForTunnel, isPassthrough } from '../core/from.ts';
import type { Issue } from '../core/issue.ts';
import { TimeSlices } from '../core/time-slices.ts';
import type { AssertionSettings } from '../forward/assertion.ts';
import type { PassthroughRoutes } from '../pipeline/passthrough.ts';
import type { RouteParts } from '../pipeline/served-route.ts';
import { compilePolicy } from '../policy/compile.ts';
import type { Rule } from '../policy/rule.ts';
import { pathAsked } from '../policy/without-path.ts';
import { type RouteTable, RouteTableBuilder } from '../route/table.ts';
import { compileUpstream } from '../upstream/compile-upstream.ts';
import type { ClientIdentity, UpstreamTrust } from '../upstream/pool-settings.ts';
import type { UpstreamSource } from '../upstream/pooled-endpoint.ts';
import { Upstream } from '../upstream/upstream.ts';
import { adminRouteIssues } from './admin-route.ts';
import { affinityOf, healthChecksOf } from './build-balance.ts';
import { dnsOf } from './build-dns.ts';
import { bufferingOf, compressionOf, maxBodyBytesOf } from './build-passage.ts';
import { limitOf } from './build-edge.ts';
import { CallerHeadersBuilder } from './build-caller-headers.ts';
import { enrolmentOf } from './build-enrolment.ts';
import { buildPassthrough } from './build-passthrough.ts';
import { type KnownLimits, LimitsBuilder } from './build-limits.ts';
import { routeRefusals } from './build-refusals.ts';
import { buildPolicy } from './build-policy.ts';
import { answerShapeOf, appHostOf, maintenanceOf } from './build-shape.ts';
import { upgradesOf } from './build-upgrades.ts';
import type { Inventory } from './inventory.ts';
import { type HostPolicies, policyOfRoute } from './host-policies.ts';
import type { SettingFiles } from './setting-files.ts';
import { UpstreamProofs } from './upstream-proofs.ts';

export interface RoutesContext {
  readonly files: SettingFiles;
  readonly issues: Issue[];
  readonly inventory: Inventory;
  readonly registry: UpstreamSource;
  readonly now: number;
  readonly policies: HostPolicies;
  readonly assertion: AssertionSettings | undefined;
  /** Those in force. */
  readonly limits: KnownLimits;
}

const placeOf = ({ from, path, prefix, regex }: RouteConfig): string =>
  JSON.stringify([from, path, prefix, regex]);

const ADMITS_NOBODY: Issue = {
  path: ['from'],
  message:
    'admits nobody: its host demands no client certificate, and the route has neither policy nor allow_public_unauthenticated_access',
  severity: 'warning',
};

export interface BuiltRoutes {
  readonly routes: RouteTable<RouteParts>;
  readonly passthrough: PassthroughRoutes;
  /** Those whose instances are looked at, or follow DNS. */
  readonly followed: readonly Upstream[];
  readonly limits: KnownLimits;
}

/** The routes without errors; every error is in `context.issues`. */
export async function buildRoutes(config: Config, context: RoutesContext): Promise<BuiltRoutes> {
  const proofs = new UpstreamProofs(context);
  const shared = await sharedProofs(config, proofs);
  const policy = await buildPolicy(config, context);
  const callerHeaders = new CallerHeadersBuilder(config, context.assertion, context.issues);
  const builder = new RouteTableBuilder<RouteParts>();
  const followed: Upstream[] = [];
  const limits = new LimitsBuilder(context.limits);
  const sharedLimits = limits.of('', config.rate_limits);
  const slices = new TimeSlices();
  for (const [index, route] of config.routes.entries()) {
    if (slices.isOver) await slices.pause();
    if (isPassthrough(route.from)) continue;
    const report = (issues: readonly Issue[]): void => {
      for (const issue of issues) context.issues.push({ ...issue, path: ['routes', index, ...issue.path] });
    };
    const { rule, issues } = compilePolicy(route, policy);
    report(issues);
    report(adminRouteIssues(route, config));
    if (rule.kind === 'vouched' && policyOfRoute(context.policies, route.from).mode !== 'require')
      report([ADMITS_NOBODY]);
    const isTunnel = isForTunnel(route.from);
    if (isTunnel) report(pathFaults(rule));
    let upstream: Upstream | undefined;
    if (route.to !== undefined) {
      const { identity, trust } = await ownProofs(route, index, proofs);
      const settings = upstreamSettings(route, config);
      const compiled = compileUpstream(
        { ...settings, ...present({ identity: identity ?? shared.identity, trust: trust ?? shared.trust }) },
        context.registry,
      );
      if (compiled instanceof Upstream) upstream = compiled;
      else report(compiled);
    }
    if (upstream?.isFollowed === true) followed.push(upstream);
    const parts: RouteParts = {
      rule,
      upstream,
      affinity: affinityOf(route),
      local: await enrolmentOf(route, ['routes', index], context),
      callerHeaders: callerHeaders.of(route, ['routes', index]),
      appHost: appHostOf(route),
      answer: isTunnel ? undefined : answerShapeOf(route, config),
      allowsPreflight: route.cors_allow_preflight,
      limits:
        route.rate_limits === undefined
          ? sharedLimits
          : [...sharedLimits, ...limits.of(placeOf(route), route.rate_limits)],
      maintenance: maintenanceOf(route),
      upgrades: upgradesOf(route),
      tunnelLimits: {
        idleMs: limitOf(route.websocket_idle_timeout),
        maxMs: limitOf(route.websocket_max_duration),
      },
      hedgeAfterMs: route.hedge_after,
      compression: compressionOf(route),
      proxyProtocol: route.proxy_protocol,
      refusals: await routeRefusals(route, ['routes', index], context),
      buffering: bufferingOf(route, config),
      maxBodyBytes: maxBodyBytesOf(route, config),
      maxAnswerBytes: limitOf(route.max_response_body_bytes ?? config.max_response_body_bytes),
    };
    report(builder.add(route, index, parts));
  }
  return {
    routes: builder.finish(),
    passthrough: buildPassthrough(config, policy, context.issues),
    followed,
    limits: limits.made,
  };
}

/** CONNECT has no path: a rule about one would hold for all of them by accident, or for none. */
function pathFaults(rule: Rule): Issue[] {
  const place = pathAsked(rule);
  if (place === undefined) return [];
  return [
    { path: ['policy'], message: `http_path (${place}) cannot be asked of CONNECT, which has no path` },
  ];
}

interface Proofs {
  readonly identity: ClientIdentity | undefined;
  readonly trust: UpstreamTrust | undefined;
}

async function sharedProofs(config: Config, proofs: UpstreamProofs): Promise<Proofs> {
  const { cert, key, cert_file: certFile, key_file: keyFile } = config.upstream_mtls;
  const { certificate_authority: ca, certificate_authority_file: caFile } = config;
  return {
    identity: await proofs.identity(
      { text: cert, file: certFile, at: ['upstream_mtls', certFile === undefined ? 'cert' : 'cert_file'] },
      { text: key, file: keyFile, at: ['upstream_mtls', keyFile === undefined ? 'key' : 'key_file'] },
    ),
    trust: await proofs.trust(
      {
        text: ca,
        file: caFile,
        at: [caFile === undefined ? 'certificate_authority' : 'certificate_authority_file'],
      },
      'add',
    ),
  };
}

async function ownProofs(route: RouteConfig, index: number, proofs: UpstreamProofs): Promise<Proofs> {
  const given = (name: 'tls_client_cert' | 'tls_client_key' | 'tls_custom_ca') => {
    const file = route[`${name}_file`];
    return { text: route[name], file, at: ['routes', index, file === undefined ? name : `${name}_file`] };
  };
  return {
    identity: await proofs.identity(given('tls_client_cert'), given('tls_client_key')),
    trust: await proofs.trust(given('tls_custom_ca'), 'replace'),
  };
}

function upstreamSettings(route: RouteConfig, config: Config) {
  return {
    ...route,
    name: route.name ?? route.from,
    to: route.to ?? [],
    health_checks: healthChecksOf(route),
    dns: dnsOf(route, config),
    connect_timeout: route.connect_timeout ?? config.upstream_connect_timeout,
    timeout: route.timeout ?? config.default_upstream_timeout,
    idle_timeout: route.idle_timeout ?? config.default_upstream_idle_timeout,
    upstream_client: route.upstream_client ?? config.upstream_client,
    upstream_pipelining: route.upstream_pipelining ?? config.upstream_pipelining,
    max_upstream_connections: config.max_upstream_connections,
  };
}

/** Without the keys that are undefined. */
function present({ identity, trust }: Proofs): { identity?: ClientIdentity; trust?: UpstreamTrust } {
  return { ...(identity && { identity }), ...(trust && { trust }) };
}
