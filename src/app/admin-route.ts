// A route that leads to the admin listener: the only way to it from elsewhere, and never an open one.
import type { Config, RouteConfig } from '../config/schema.ts';
import { isLoopback } from '../config/listen-address.ts';
import type { Issue } from '../core/issue.ts';
import { parseTarget } from '../core/target.ts';

/** What is wrong with such a route; nothing where it leads elsewhere. */
export function adminRouteIssues(route: RouteConfig, config: Config): Issue[] {
  const { admin_address: admin } = config;
  if (admin === undefined || route.to?.some(({ url }) => isAt(url, admin)) !== true) return [];
  if (route.allow_public_unauthenticated_access)
    return [
      {
        path: ['allow_public_unauthenticated_access'],
        message: 'opens admin_address to everybody: remove it',
      },
    ];
  if ((route.policy_mode ?? config.policy_mode) === 'audit')
    return [{ path: ['to'], message: 'is admin_address: with policy_mode: audit everybody would see it' }];
  return route.policy === undefined
    ? [{ path: ['to'], message: 'is admin_address: say in policy who may see it' }]
    : [];
}

function isAt(url: string, admin: NonNullable<Config['admin_address']>): boolean {
  if (/^tcp:/i.test(url)) return false;
  const { host, port, socketPath } = parseTarget(url);
  return 'path' in admin ? socketPath === admin.path : port === admin.port && isLoopback(host);
}
