// No two routes may take the same requests. One pass, whatever the number of routes.
import { parseFrom, tunnelPort } from '../core/from.ts';
import type { Issue } from '../core/issue.ts';
import type { RouteConfig } from './schema.ts';

/** What `checkDuplicates` reads of a route. */
type Matcher = Pick<RouteConfig, 'from' | 'prefix' | 'path' | 'regex'>;

/** `routes` by their index in the file; undefined where one has faults of its own. */
export function checkDuplicates(routes: readonly (Matcher | undefined)[]): Issue[] {
  const issues: Issue[] = [];
  const seen = new Map<string, number>();
  for (const [index, route] of routes.entries()) {
    const host = route === undefined ? '' : parseFrom(route.from);
    if (route === undefined || typeof host === 'string') continue;
    const key = `${host.kind} ${host.host} ${matcherOf(route)}`;
    const same = seen.get(key);
    if (same === undefined) seen.set(key, index);
    else
      issues.push({
        path: ['routes', index, 'from'],
        message: `takes the same requests as routes[${same}]: remove one of them, or tell them apart by prefix or path`,
      });
  }
  return issues;
}

function matcherOf({ from, path, regex, prefix = '/' }: Matcher): string {
  const port = tunnelPort(from);
  if (port !== undefined) return `port ${port}`;
  if (path !== undefined) return `path ${path}`;
  return regex === undefined ? `prefix ${prefix}` : `regex ${regex}`;
}
