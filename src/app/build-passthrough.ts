// From the routes `tls://` to whom their connections are passed on to.
import type { Config, RouteConfig } from '../config/schema.ts';
import { isPassthrough, parseFrom } from '../core/from.ts';
import { HostMap } from '../core/host-map.ts';
import type { Issue, IssuePath } from '../core/issue.ts';
import { parseRawTarget } from '../core/target.ts';
import type { PassthroughRoute, PassthroughRoutes } from '../pipeline/passthrough.ts';
import { type SharedPolicy, compilePolicy } from '../policy/compile.ts';
import { askedOfTls } from '../policy/without-tls.ts';
import { WeightedRoundRobin } from '../upstream/balance.ts';

/** Where the route says nothing: databases and the like rest for long. */
const IDLE_MS = 3_600_000;

/** Empty where there is no such route. */
export function buildPassthrough(config: Config, policy: SharedPolicy, issues: Issue[]): PassthroughRoutes {
  const hosts: PassthroughRoutes = new HostMap();
  if (!config.routes.some(({ from }) => isPassthrough(from))) return hosts;
  for (const { from } of config.routes) {
    const pattern = isPassthrough(from) ? undefined : parseFrom(from);
    if (typeof pattern === 'object') hosts.set(pattern, 'terminated');
  }
  for (const [index, route] of config.routes.entries()) {
    if (!isPassthrough(route.from)) continue;
    const at: IssuePath = ['routes', index];
    const pattern = parseFrom(route.from, 'tls');
    if (typeof pattern === 'string') continue;
    const other = hosts.get(pattern);
    if (other !== undefined)
      issues.push({
        path: [...at, 'from'],
        message: `${other === 'terminated' ? 'an https:// route' : `'${other.name}'`} has this host: TLS ends here, or it passes through to one place`,
      });
    hosts.set(pattern, compileRoute(route, config, { policy, at, issues }));
  }
  return hosts;
}

function compileRoute(
  route: RouteConfig,
  config: Config,
  { policy, at, issues }: { policy: SharedPolicy; at: IssuePath; issues: Issue[] },
): PassthroughRoute {
  const { rule, issues: faults } = compilePolicy(route, policy);
  for (const fault of faults) issues.push({ ...fault, path: [...at, ...fault.path] });
  const asked = askedOfTls(rule);
  if (rule.kind === 'vouched' || asked?.startsWith('vouched') === true)
    issues.push({
      path: [...at, 'from'],
      message:
        'a certificate is not seen where TLS passes through: give allow_public_unauthenticated_access, or a policy by source_ip or time',
    });
  else if (asked !== undefined)
    issues.push({
      path: [...at, 'policy'],
      message: `${asked} cannot be known where TLS passes through: ask for source_ip, date, day_of_week, time_of_day`,
    });
  const to = route.to ?? [];
  return {
    name: route.name ?? route.from,
    rule,
    targets: to.map(({ url }) => parseRawTarget(url)),
    turns: new WeightedRoundRobin(to.map(({ weight }) => weight)),
    proxyProtocol: route.proxy_protocol,
    connectMs: route.connect_timeout ?? config.upstream_connect_timeout,
    idleMs: route.idle_timeout ?? IDLE_MS,
  };
}
