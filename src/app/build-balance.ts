// From a route's settings about several instances of an app to what the rooms for that take.
import type { RouteConfig } from '../config/schema.ts';
import { type Affinity, parseAffinityKey } from '../pipeline/affinity.ts';
import type { HealthCheck } from '../upstream/health-check.ts';

/** Undefined where any instance will do. */
export function affinityOf(route: RouteConfig): Affinity | undefined {
  const { load_balancing_policy: policy, hash_key: key, sticky_cookie: cookie } = route;
  const isHashed = policy === 'RING_HASH' || policy === 'MAGLEV';
  if (!isHashed && cookie === undefined) return undefined;
  return { key: isHashed ? parseAffinityKey(key ?? 'client_certificate') : undefined, cookie };
}

export function healthChecksOf({ health_checks: checks = [] }: RouteConfig): HealthCheck[] {
  return checks.map((check) => ({
    probe: probeOf(check),
    timeoutMs: check.timeout,
    intervalMs: check.interval,
    thresholds: { healthy: check.healthy_threshold, unhealthy: check.unhealthy_threshold },
  }));
}

function probeOf({
  http_health_check: http,
  grpc_health_check: grpc,
}: NonNullable<RouteConfig['health_checks']>[number]): HealthCheck['probe'] {
  if (http !== undefined)
    return { kind: 'http', path: http.path, host: http.host, statuses: http.expected_statuses };
  return grpc === undefined ? { kind: 'tcp' } : { kind: 'grpc', service: grpc.service_name };
}
