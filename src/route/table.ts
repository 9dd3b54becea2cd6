// All routes as one value that is swapped whole at a reload. Built in slices, so that a large configuration does not
// hold up the requests that are being served meanwhile; looked up with one Map probe a host label.
import { HostMap } from '../core/host-map.ts';
import type { Hostname } from '../core/hostname.ts';
import type { Issue } from '../core/issue.ts';
import { compileRoute } from './compile-route.ts';
import type { RequestPath } from './path.ts';
import type { Route } from './route.ts';
import type { RouteSettings } from './settings.ts';

/** Why no route took the request; each is a code of the error table. */
export type Miss = 'unknown_host' | 'no_route' | 'bad_path';

type RoutesByHost<Parts> = HostMap<readonly Route<Parts>[]>;

export class RouteTable<Parts = unknown> {
  readonly #hosts: RoutesByHost<Parts>;
  /** Those for CONNECT. A host of theirs takes nothing from wildcards among the others. */
  readonly #tunnels: RoutesByHost<Parts>;
  /** In the order of the configuration. */
  readonly routes: readonly Route<Parts>[];

  constructor(hosts: RoutesByHost<Parts>, tunnels: RoutesByHost<Parts>, routes: readonly Route<Parts>[]) {
    this.#hosts = hosts;
    this.#tunnels = tunnels;
    this.routes = routes;
  }

  /** The route for CONNECT to this host and port. An exact host never falls to a wildcard here, either. */
  tunnel(host: Hostname, port: number): Route<Parts> | undefined {
    const routes = this.#tunnels.lookup(host);
    return routes?.find(({ action }) => action.kind === 'tunnel' && action.port === port);
  }

  /** What `matchAmong` makes of the routes of the host. */
  match(host: Hostname, request: RequestPath): Route<Parts> | Miss {
    return matchAmong(this.#hosts.lookup(host), request);
  }

  /** The routes among which `match` looks, in its order; undefined where no route names the host. */
  candidates(host: Hostname): readonly Route<Parts>[] | undefined {
    return this.#hosts.lookup(host);
  }

  /** Whether any route names the host, directly or by wildcard. */
  hasHost(host: Hostname): boolean {
    return this.#hosts.lookup(host) !== undefined || this.#tunnels.lookup(host) !== undefined;
  }
}

/**
 * The first of a host's routes that takes the path. A host that is written out never falls to a wildcard, even when
 * none of its routes takes the path: `no_route`. `bad_path`: the path has encoded characters that the route does not
 * allow, or an app that reads it liberally would see a path of another route.
 */
export function matchAmong<Parts>(
  routes: readonly Route<Parts>[] | undefined,
  request: RequestPath,
): Route<Parts> | Miss {
  if (routes === undefined) return 'unknown_host';
  const route = firstMatch(routes, request.path);
  if (request.reading !== request.path && firstMatch(routes, request.reading) !== route) return 'bad_path';
  if (route === undefined) return 'no_route';
  return (request.encoded & ~route.allowEncoded) === 0 ? route : 'bad_path';
}

function firstMatch<Parts>(routes: readonly Route<Parts>[], path: string): Route<Parts> | undefined {
  for (const route of routes) if (route.matcher.matches(path)) return route;
  return undefined;
}

export class RouteTableBuilder<Parts = unknown> {
  readonly #hosts = new HostMap<Route<Parts>[]>();
  readonly #tunnels = new HostMap<Route<Parts>[]>();
  readonly #routes: Route<Parts>[] = [];
  readonly #byId = new Map<string, Route<Parts>>();

  /** Adds the route unless it has errors. The issues' paths are relative to the route. */
  add(settings: RouteSettings, index: number, parts: Parts): readonly Issue[] {
    const { route, issues } = compileRoute(settings, index, parts);
    if (route === undefined) return issues;
    const twin = this.#byId.get(route.id);
    if (twin !== undefined)
      return [
        ...issues,
        { path: ['from'], message: `routes[${twin.index}] takes the same requests: remove one` },
      ];
    this.#byId.set(route.id, route);
    this.#routes.push(route);
    const hosts = route.action.kind === 'tunnel' ? this.#tunnels : this.#hosts;
    const siblings = hosts.get(route.host);
    if (siblings === undefined) {
      hosts.set(route.host, [route]);
      return issues;
    }
    const taker = siblings.find((sibling) => sibling.matcher.kind === 'any');
    siblings.push(route);
    if (taker === undefined) return issues;
    const message = `is never reached: routes[${taker.index}] takes every path of this host, move it below`;
    return [...issues, { path: ['from'], message, severity: 'warning' }];
  }

  /** The table of what was added. The builder must not be used after. */
  finish(): RouteTable<Parts> {
    return new RouteTable(this.#hosts, this.#tunnels, this.#routes);
  }
}

/** All at once, for small configurations and tests. Issues begin with `routes` and the index. */
export function compileRoutes<Settings extends RouteSettings>(
  routes: Iterable<Settings>,
): { table: RouteTable<Settings>; issues: readonly Issue[] } {
  const builder = new RouteTableBuilder<Settings>();
  const issues: Issue[] = [];
  let index = 0;
  for (const settings of routes) {
    for (const issue of builder.add(settings, index, settings))
      issues.push({ ...issue, path: ['routes', index, ...issue.path] });
    index++;
  }
  return { table: builder.finish(), issues };
}
