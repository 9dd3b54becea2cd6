// From what a route says about its app to the Upstream that serves it. Makes no connection and parses no certificate.
import { isAddress, normalizeHostname } from '../core/hostname.ts';
import type { Issue } from '../core/issue.ts';
import type { BalancePolicy } from './balance.ts';
import type { OutlierSettings } from './health.ts';
import type { HealthCheck } from './health-check.ts';
import type { ClientIdentity, UpstreamClient, UpstreamTrust } from './pool-settings.ts';
import { type Target, isTls, isRawUrl, parseRawTarget, parseTarget, withServerName } from '../core/target.ts';
import { createEndpoint } from './create-endpoint.ts';
import type { DiscoverySettings } from './discovery.ts';
import type { DnsSettings } from './dns-client.ts';
import { Membership, type Place } from './membership.ts';
import type { UpstreamSource } from './pooled-endpoint.ts';
import { Upstream } from './upstream.ts';

/** Envoy's names. */
export interface OutlierConfig {
  readonly consecutive_local_origin_failure?: number;
  readonly consecutive_5xx?: number;
  readonly base_ejection_time?: number;
  readonly max_ejection_time?: number;
  readonly max_ejection_percent?: number;
}

/** Envoy's names. Undefined: no limit of requests, the usual ones of the rest. */
export interface CircuitBreakerConfig {
  readonly max_connections?: number;
  readonly max_pending_requests?: number;
  readonly max_requests?: number;
  readonly max_retries?: number;
}

/** How names in `to` become addresses. */
export interface UpstreamDns {
  /** Every address of a name is an endpoint of its own; else a name is one, looked up for each connection. */
  readonly isStrict: boolean;
  /** For names that are one endpoint. Undefined: as the system does. */
  readonly lookup: DnsSettings | undefined;
  /** For names whose addresses, or SRV records, are endpoints. */
  readonly discovery: Omit<DiscoverySettings, 'kind' | 'name'>;
}

/** What a route says, defaults filled in. Times in milliseconds, 0 for no limit; certificates as PEM already read. */
export interface UpstreamSettings {
  readonly name: string;
  readonly to: readonly { readonly url: string; readonly weight: number }[];
  readonly tls_upstream_server_name?: string;
  readonly tls_upstream_spki_pins?: readonly string[];
  readonly tls_upstream_san?: readonly string[];
  /** To connect, TLS included; not 0. */
  readonly connect_timeout: number;
  /** From the end of the request to the response head. */
  readonly timeout: number;
  /** Between two pieces of the response. */
  readonly idle_timeout: number;
  /** Default `raw`. */
  readonly upstream_client?: UpstreamClient;
  /** Safe requests at once on one connection, with `raw`. Default 1. */
  readonly upstream_pipelining?: number;
  /** Asks in HTTP/2 where the app can. Default false; always for `h2c://`. */
  readonly allow_h2?: boolean;
  /** Default `ROUND_ROBIN`. */
  readonly load_balancing_policy?: BalancePolicy;
  readonly health_checks?: readonly HealthCheck[];
  /** Default: three failures in a row, 10 s to 5 minutes, half of the set. */
  readonly outlier_detection?: OutlierConfig;
  /** Percent. Default 0. */
  readonly healthy_panic_threshold?: number;
  /** Default 0. */
  readonly slow_start?: number;
  readonly circuit_breaker_thresholds?: CircuitBreakerConfig;
  /** Connections at once to one endpoint. */
  readonly max_upstream_connections: number;
  readonly dns: UpstreamDns;
  /** The route's certificate, or the global one. */
  readonly identity?: ClientIdentity;
  /** The route's CAs instead of the system's, or the global ones besides them. */
  readonly trust?: UpstreamTrust;
}

const NONE: readonly string[] = [];

/** Requests that wait for a connection to one address. */
const MAX_WAITING = 1024;

/** Paths of issues are relative to the route. Endpoints take their pools from `source` at their first request. */
export function compileUpstream(
  settings: UpstreamSettings,
  source: UpstreamSource,
): Upstream | readonly Issue[] {
  const issues: Issue[] = [];
  const places: Place[] = [];
  for (const [index, { url, weight }] of settings.to.entries()) {
    const target = compileTarget(url, settings.tls_upstream_server_name);
    if ('message' in target) {
      issues.push({
        path: target.isName ? ['tls_upstream_server_name'] : ['to', index],
        message: target.message,
      });
    } else if (!(weight > 0)) {
      issues.push({ path: ['to', index], message: `the weight of '${url}' must be positive` });
    } else places.push(placeOf(target, weight, settings, source));
  }
  if (settings.to.length === 0) issues.push({ path: ['to'], message: 'no address: write https://host:port' });
  if (issues.length > 0) return issues;
  const timeouts = {
    // A connection in the making is limited by itself; this is for the wait before it.
    waitMs: 2 * settings.connect_timeout,
    headersMs: settings.timeout,
    idleMs: settings.idle_timeout,
  };
  const { health_checks: checks = [], circuit_breaker_thresholds: breaker = {} } = settings;
  const policy = {
    name: settings.name,
    policy: settings.load_balancing_policy ?? 'ROUND_ROBIN',
    outliers: outlierSettings(settings.outlier_detection ?? {}),
    panicPercent: settings.healthy_panic_threshold ?? 0,
    slowStartMs: settings.slow_start ?? 0,
    maxRequests: breaker.max_requests ?? Infinity,
    maxRetries: breaker.max_retries,
    checks,
  };
  if (places.some(({ discovery }) => discovery !== undefined))
    return new Upstream(policy, new Membership(places, timeouts, source));
  // Where there is no other to turn to and nothing is looked at, nothing need be known.
  const isWatched = places.length > 1 || checks.length > 0;
  const members = places.map(({ pool, weight }) => ({
    endpoint: createEndpoint(pool, timeouts, source),
    pool,
    weight,
    tier: 0,
    health: isWatched ? source.health(pool) : undefined,
  }));
  return new Upstream(policy, members);
}

function placeOf(target: Target, weight: number, settings: UpstreamSettings, source: UpstreamSource): Place {
  const client = settings.upstream_client ?? 'raw';
  const { dns, circuit_breaker_thresholds: breaker = {} } = settings;
  const discovery = discoveryOf(target, dns);
  const pool = {
    client,
    target,
    // Its endpoints are addresses already.
    dns: discovery === undefined && hasName(target) ? dns.lookup : undefined,
    identity: settings.identity,
    trust: settings.trust,
    spkiPins: settings.tls_upstream_spki_pins ?? NONE,
    sanPins: settings.tls_upstream_san ?? NONE,
    connectTimeoutMs: settings.connect_timeout,
    maxConnections: breaker.max_connections ?? settings.max_upstream_connections,
    maxWaiting: breaker.max_pending_requests ?? MAX_WAITING,
    hasH2: settings.allow_h2 === true || target.isH2c,
    pipelining: client === 'raw' ? (settings.upstream_pipelining ?? 1) : 1,
  };
  return { pool, weight, discovery: discovery && source.discovery(discovery) };
}

const hasName = ({ host }: Target): boolean => host !== undefined && !isAddress(host);

/** What is asked about the target ahead of connections; undefined: nothing. */
function discoveryOf(target: Target, dns: UpstreamDns): DiscoverySettings | undefined {
  const { host, service } = target;
  if (host === undefined) return undefined;
  const { isStrict, discovery } = dns;
  if (service !== undefined) return { kind: 'srv', name: service, ...discovery };
  return isStrict && hasName(target) ? { kind: 'address', name: host, ...discovery } : undefined;
}

function outlierSettings(given: OutlierConfig): OutlierSettings {
  return {
    consecutiveFailures: given.consecutive_local_origin_failure ?? 3,
    consecutive5xx: given.consecutive_5xx ?? 0,
    baseMs: given.base_ejection_time ?? 10_000,
    maxMs: given.max_ejection_time ?? 300_000,
    maxPercent: given.max_ejection_percent ?? 50,
  };
}

interface Fault {
  readonly message: string;
  /** About the server name, not about the URL. */
  readonly isName: boolean;
}

function compileTarget(url: string, serverName: string | undefined): Target | Fault {
  let target;
  try {
    target = isRawUrl(url) ? parseRawTarget(url) : parseTarget(url);
  } catch (error) {
    return { message: (error as Error).message, isName: false };
  }
  if (serverName !== undefined) {
    const name = normalizeHostname(serverName);
    if (name === undefined) return { message: `'${serverName}' is not a host name`, isName: true };
    return withServerName(target, name);
  }
  if (isTls(target) && target.serverName === '')
    return { message: `'${url}' says no host to verify: add tls_upstream_server_name`, isName: false };
  return target;
}
