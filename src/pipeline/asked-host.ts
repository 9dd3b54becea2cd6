// What the host that a request asks for means, remembered for the last one of each connection: nearly all of a
// connection's requests ask for the same, and finding its routes anew costs the more, the more hosts there are.
import { type Hostname, parseAuthority } from '../core/hostname.ts';
import { flatText } from '../core/flat-text.ts';
import type { Connection } from '../exchange/connection.ts';
import type { Served, ServedRoute } from './served-route.ts';

export interface AskedHost {
  readonly host: Hostname;
  readonly port: number | undefined;
  /** Whether the connection was made under the TLS policy of the host. */
  readonly isOfGroup: boolean;
  /** In the order in which they are tried; undefined where none names the host. */
  readonly routes: readonly ServedRoute[] | undefined;
}

interface Known {
  readonly authority: string;
  /** Not the configuration itself, which an idle connection would keep alive. */
  readonly policyVersion: number;
  readonly asked: AskedHost;
}

const memory = new WeakMap<Connection, Known>();

/** Undefined: `authority` is no host, with or without a port. */
export function askedHost(authority: string, connection: Connection, served: Served): AskedHost | undefined {
  const { policyVersion } = served;
  const known = memory.get(connection);
  if (known?.authority === authority && known.policyVersion === policyVersion) return known.asked;
  const parsed = parseAuthority(authority);
  if (parsed === undefined) return undefined;
  const { host, port } = parsed;
  const asked: AskedHost = {
    // What is kept must not keep the head alive that it was cut from.
    host: flatText(host) as Hostname,
    port,
    isOfGroup: served.groupOf(host) === connection.group,
    routes: served.routes.candidates(host),
  };
  memory.set(connection, { authority: flatText(authority), policyVersion, asked });
  return asked;
}
