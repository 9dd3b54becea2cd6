// From what a route says about its app to the Upstream that serves it. Makes no connection and parses no certificate.
import { normalizeHostname } from '../core/hostname.ts';
import type { Issue } from '../core/issue.ts';
import type { BalancePolicy } from './balance.ts';
import type { OutlierSettings } from './health.ts';
import type { HealthCheck } from './health-check.ts';
import type { ClientIdentity, PoolSettings, UpstreamClient, UpstreamTrust } from './pool-settings.ts';
import { type Target, parseTarget, withServerName } from '../core/target.ts';
import { type PoolSource, PooledEndpoint } from './pooled-endpoint.ts';
import { Upstream } from './upstream.ts';

/** Envoy's names. */
export interface OutlierConfig {
  readonly consecutive_local_origin_failure?: number;
  readonly consecutive_5xx?: number;
  readonly base_ejection_time?: number;
  readonly max_ejection_time?: number;
  readonly max_ejection_percent?: number;
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
  readonly circuit_breaker_thresholds?: { readonly max_requests?: number };
  /** Connections at once to one endpoint. */
  readonly max_upstream_connections: number;
  /** The route's certificate, or the global one. */
  readonly identity?: ClientIdentity;
  /** The route's CAs instead of the system's, or the global ones besides them. */
  readonly trust?: UpstreamTrust;
}

const NONE: readonly string[] = [];

/** Paths of issues are relative to the route. Endpoints take their pools from `source` at their first request. */
export function compileUpstream(settings: UpstreamSettings, source: PoolSource): Upstream | readonly Issue[] {
  const issues: Issue[] = [];
  const endpoints: PooledEndpoint[] = [];
  const pools: PoolSettings[] = [];
  const client = settings.upstream_client ?? 'raw';
  const timeouts = {
    // A connection in the making is limited by itself; this is for the wait before it.
    waitMs: 2 * settings.connect_timeout,
    headersMs: settings.timeout,
    idleMs: settings.idle_timeout,
  };
  for (const [index, { url, weight }] of settings.to.entries()) {
    const target = compileTarget(url, settings.tls_upstream_server_name);
    if ('message' in target) {
      issues.push({
        path: target.isName ? ['tls_upstream_server_name'] : ['to', index],
        message: target.message,
      });
    } else if (!(weight > 0)) {
      issues.push({ path: ['to', index], message: `the weight of '${url}' must be positive` });
    } else {
      const shared = {
        client,
        identity: settings.identity,
        trust: settings.trust,
        spkiPins: settings.tls_upstream_spki_pins ?? NONE,
        sanPins: settings.tls_upstream_san ?? NONE,
        connectTimeoutMs: settings.connect_timeout,
        maxConnections: settings.max_upstream_connections,
        hasH2: settings.allow_h2 === true || target.isH2c,
        pipelining: client === 'raw' ? (settings.upstream_pipelining ?? 1) : 1,
      };
      const pool = { ...shared, target };
      pools.push(pool);
      endpoints.push(new PooledEndpoint(pool, timeouts, source));
    }
  }
  if (settings.to.length === 0) issues.push({ path: ['to'], message: 'no address: write https://host:port' });
  if (issues.length > 0) return issues;
  const checks = settings.health_checks ?? [];
  // Where there is no other to turn to and nothing is looked at, nothing need be known.
  const health = pools.length > 1 || checks.length > 0 ? pools.map((pool) => source.health(pool)) : [];
  return new Upstream({
    name: settings.name,
    endpoints,
    weights: settings.to.map(({ weight }) => weight),
    health,
    policy: settings.load_balancing_policy ?? 'ROUND_ROBIN',
    outliers: outlierSettings(settings.outlier_detection ?? {}),
    panicPercent: settings.healthy_panic_threshold ?? 0,
    slowStartMs: settings.slow_start ?? 0,
    maxRequests: settings.circuit_breaker_thresholds?.max_requests ?? Infinity,
    checked: checks.length === 0 ? [] : pools.map((pool, index) => ({ pool, checks, health: health[index] })),
  });
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
    target = parseTarget(url);
  } catch (error) {
    return { message: (error as Error).message, isName: false };
  }
  if (serverName !== undefined) {
    const name = normalizeHostname(serverName);
    if (name === undefined) return { message: `'${serverName}' is not a host name`, isName: true };
    return withServerName(target, name);
  }
  if (target.protocol === 'https' && target.serverName === '')
    return { message: `'${url}' says no host to verify: add tls_upstream_server_name`, isName: false };
  return target;
}
