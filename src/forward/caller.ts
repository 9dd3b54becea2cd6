// What the app is told about the one who calls: address, scheme, host, and the verified certificate. Depends on the
// connection and hardly ever changes on it, so the block is made once and kept beside the connection.
import { isIPv6 } from 'node:net';
import type { Connection } from '../exchange/connection.ts';
import type { Identity } from '../exchange/identity.ts';
import { type IdentityHeaders, identityFields } from './client-certificate.ts';

interface Block {
  readonly identity: Identity | undefined;
  readonly authority: string;
  readonly wanted: IdentityHeaders;
  readonly fields: readonly string[];
}

const blocks = new WeakMap<Connection, Block>();

/** The fields for a request to `authority` (host and port as the client named them, syntax judged). */
export function callerFields(
  connection: Connection,
  identity: Identity | undefined,
  authority: string,
  wanted: IdentityHeaders,
): readonly string[] {
  const kept = blocks.get(connection);
  if (kept?.identity === identity && kept?.authority === authority && kept.wanted === wanted)
    return kept.fields;
  const address = connection.remoteAddress;
  const fields = [
    'X-Forwarded-Proto',
    'https',
    'X-Forwarded-Host',
    authority,
    'Forwarded',
    `for=${forwardedFor(address)};host="${authority}";proto=https`,
  ];
  if (address !== '') fields.unshift('X-Forwarded-For', address);
  if (identity !== undefined) fields.push(...identityFields(identity, wanted));
  blocks.set(connection, { identity, authority, wanted, fields });
  return fields;
}

/** RFC 7239 6: IPv6 in brackets and quotes; a peer without address is `unknown`. */
function forwardedFor(address: string): string {
  if (address === '') return 'unknown';
  return isIPv6(address) ? `"[${address}]"` : address;
}
