// A redirect of an app that names itself by the address under which it is known here: the client is sent to where it can go.
import type { Endpoint } from '../upstream/contract.ts';
import type { Admitted } from './life.ts';

const LOCATIONS = new Set(['location', 'content-location']);

/** Changes `fields` in place. Only absolute addresses of the very instance that answered are touched. */
export function relocate({ exchange, route }: Admitted, endpoint: Endpoint, fields: string[]): void {
  for (let i = 0; i < fields.length; i += 2) {
    if (!LOCATIONS.has((fields[i] ?? '').toLowerCase())) continue;
    const path = pathUnder(endpoint, fields[i + 1] ?? '');
    if (path === undefined) continue;
    const { action } = route;
    const shown = action.kind === 'forward' ? (action.restore?.(path) ?? path) : path;
    fields[i + 1] = `https://${exchange.request.authority}${shown}`;
  }
}

/** What stands behind the origin of the endpoint; undefined: it is another's. */
function pathUnder({ name, authority }: Endpoint, location: string): string | undefined {
  const origin = `${name.slice(0, name.indexOf(':'))}://${authority}`;
  if (!location.startsWith(origin)) return undefined;
  const rest = location.slice(origin.length);
  return rest === '' ? '/' : /^[/?#]/.test(rest) ? rest : undefined;
}
