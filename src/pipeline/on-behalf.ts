// Requests that a trusted proxy passes on: the client is whoever that proxy says (X-Forwarded-For), for policy, limits,
// the log and the apps. TLS and the certificate remain those of the proxy, and from anybody else such headers are worth
// nothing: they are removed as always.
import { isIP } from 'node:net';
import { headerValue, headerValues } from '../core/flat-headers.ts';
import { flatText } from '../core/flat-text.ts';
import { plainAddress } from '../core/plain-address.ts';
import { parseAuthority } from '../core/hostname.ts';
import type { Connection, Forwarded } from '../exchange/connection.ts';
import type { Received } from './life.ts';
import { Refusal } from './refusal.ts';

export interface TrustedProxies {
  /** By address; '' is a unix socket. */
  includes(address: string): boolean;
  /** The client is the so-manieth address from the right; undefined: the first one from the right that is not trusted. */
  readonly hops: number | undefined;
}

/** Clients of one connection that are remembered: whoever connects to the proxy chooses how many there are. */
const MAX_CLIENTS = 256;

const known = new WeakMap<Connection, Map<string, Connection>>();

/** Notes down for whom the request comes, where a trusted proxy says so. Refused: it says so in no way that is understood. */
export function standIn(received: Received, proxies: TrustedProxies): Refusal | undefined {
  const { connection, request } = received.exchange;
  if (!proxies.includes(connection.remoteAddress)) return undefined;
  const { headers } = request;
  const chain = headerValues(headers, 'x-forwarded-for').join(',');
  const proto = headerValue(headers, 'x-forwarded-proto') ?? '';
  const host = headerValue(headers, 'x-forwarded-host') ?? '';
  if (chain === '' && proto === '' && host === '') return undefined;
  const key = `${chain}\n${proto}\n${host}`;
  let clients = known.get(connection);
  let client = clients?.get(key);
  if (client === undefined) {
    const made = clientIn({ chain, proto, host }, connection, proxies);
    if (made === undefined) return new Refusal('bad_header', 'x_forwarded_for', chain.slice(0, 100));
    client = made;
    if (clients === undefined || clients.size >= MAX_CLIENTS) {
      clients = new Map();
      known.set(connection, clients);
    }
    clients.set(flatText(key), client);
  }
  received.connection = client;
  return undefined;
}

function clientIn(
  said: Record<'chain' | 'proto' | 'host', string>,
  connection: Connection,
  proxies: TrustedProxies,
): Connection | undefined {
  const entries = said.chain === '' ? [] : said.chain.split(',');
  const { hops } = proxies;
  const trail: string[] = [];
  for (let i = entries.length - 1; i >= 0; i--) {
    const address = addressIn(entries[i] ?? '');
    if (address === undefined) return undefined;
    trail.unshift(address);
    if (hops === undefined ? !proxies.includes(address) : trail.length === hops) break;
  }
  // Fewer than there must be: whoever is nearest is the client, not somebody whom anybody may have named.
  if (hops !== undefined && trail.length < hops) trail.length = 0;
  return onBehalf(connection, {
    trail,
    proto: said.proto.toLowerCase() === 'http' ? 'http' : 'https',
    host: parseAuthority(said.host) === undefined ? undefined : flatText(said.host),
  });
}

/** Some write a port as well. Undefined: it is no address. */
function addressIn(entry: string): string | undefined {
  const text = entry.trim();
  const bare = /^\[([^\]]*)\](?::\d{1,5})?$/.exec(text)?.[1] ?? /^([\d.]+):\d{1,5}$/.exec(text)?.[1] ?? text;
  return isIP(bare) === 0 || bare.includes('%') ? undefined : flatText(plainAddress(bare.toLowerCase()));
}

/** The connection of a proxy, as if its client had made it. */
function onBehalf(proxy: Connection, said: Omit<Forwarded, 'by'>): Connection {
  return {
    ...proxy,
    remoteAddress: said.trail[0] ?? proxy.remoteAddress,
    // Not known.
    remotePort: 0,
    forwarded: { ...said, by: proxy.remoteAddress },
    verdict: (now) => proxy.verdict(now),
  };
}
