// Which protocols a route lets clients switch to.
import type { RouteConfig } from '../config/schema.ts';

/** What most routes allow: one object for all of them. */
const NONE: ReadonlySet<string> = new Set();

export function upgradesOf(route: RouteConfig): ReadonlySet<string> {
  const protocols = [...route.allow_upgrades];
  if (route.allow_websockets) protocols.push('websocket');
  if (route.allow_spdy) protocols.push('spdy/3.1');
  return protocols.length === 0 ? NONE : new Set(protocols);
}
