// Why one route takes a request and the others do not, for people.
import type { HostPattern } from '../core/host-map.ts';
import type { Hostname } from '../core/hostname.ts';
import type { RequestPath } from './path.ts';
import type { Route } from './route.ts';
import type { RouteTable } from './table.ts';

/**
 * `taken`; `other_path`, `other_port`: it wants another one; `bad_path`: it would take the path, which has encoded characters that it
 * does not allow, or can be read in two ways; `later`: one above it takes the request; `less_specific`: there are routes that name the host more exactly.
 */
export type Standing = 'taken' | 'other_path' | 'other_port' | 'bad_path' | 'later' | 'less_specific';

export interface Considered<Parts> {
  readonly route: Route<Parts>;
  readonly standing: Standing;
}

/** Every route for requests whose pattern covers the host, in the order of the configuration. Looks at all of the table. */
export function consider<Parts>(
  table: RouteTable<Parts>,
  host: Hostname,
  request: RequestPath,
): Considered<Parts>[] {
  const candidates = new Set(table.candidates(host));
  const match = table.match(host, request);
  const considered: Considered<Parts>[] = [];
  for (const route of table.routes) {
    if (route.action.kind === 'tunnel' || !covers(route.host, host)) continue;
    considered.push({ route, standing: standingOf(route) });
  }
  return considered;

  function standingOf(route: Route<Parts>): Standing {
    if (route === match) return 'taken';
    if (!candidates.has(route)) return 'less_specific';
    if (match === 'bad_path' && route.matcher.matches(request.reading)) return 'bad_path';
    return route.matcher.matches(request.path) ? 'later' : 'other_path';
  }
}

/** The same for CONNECT to a port, which other routes are not for. */
export function considerTunnels<Parts>(
  table: RouteTable<Parts>,
  host: Hostname,
  port: number | undefined,
): Considered<Parts>[] {
  const taken = port === undefined ? undefined : table.tunnel(host, port);
  return table.routes.flatMap((route) => {
    const { action } = route;
    if (action.kind !== 'tunnel' || !covers(route.host, host)) return [];
    const standing = route === taken ? 'taken' : action.port === port ? 'less_specific' : 'other_port';
    return [{ route, standing }];
  });
}

function covers({ kind, host: pattern }: HostPattern, host: Hostname): boolean {
  return kind === 'exact' ? host === pattern : host.endsWith(`.${pattern}`);
}
