// From a route's settings about DNS, and the global ones, to how names in its `to` become addresses.
import type { Config, RouteConfig } from '../config/schema.ts';
import type { UpstreamDns } from '../upstream/compile-upstream.ts';

export function dnsOf(route: RouteConfig, config: Config): UpstreamDns {
  const family = route.dns_lookup_family ?? config.dns_lookup_family;
  const resolvers = route.dns_resolvers ?? config.dns_resolvers;
  const refreshMs = route.dns_refresh_rate ?? config.dns_refresh_rate;
  const query = { resolvers, timeoutMs: config.dns_query_timeout, tries: config.dns_query_tries };
  return {
    isStrict: route.dns_type === 'STRICT_DNS',
    lookup:
      family === undefined && resolvers.length === 0 ? undefined : { ...query, family: family ?? 'ALL' },
    discovery: {
      dns: { ...query, family: family ?? 'V4_PREFERRED' },
      refreshMs,
      failureRefreshMs: route.dns_failure_refresh_rate ?? config.dns_failure_refresh_rate ?? refreshMs,
    },
  };
}
