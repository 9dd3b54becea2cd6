// What the app is told about the one who calls: address, scheme, host, and the verified certificate. Depends on the
// connection and the route and hardly ever changes, so the block is made once and kept beside the connection.
import { isIPv6 } from 'node:net';
import { parseAuthority } from '../core/hostname.ts';
import type { Connection } from '../exchange/connection.ts';
import type { Identity } from '../exchange/identity.ts';
import { type Assertion, makeAssertion } from './assertion.ts';
import { HeaderBlock } from '../upstream/header-block.ts';
import { identityFields } from './client-certificate.ts';
import { PRESETS } from './identity-presets.ts';
import type { CallerHeaders } from './request-headers.ts';

interface Block {
  readonly identity: Identity | undefined;
  readonly authority: string;
  readonly fields: HeaderBlock;
  /** Milliseconds since the epoch: an assertion in it has to be made anew. */
  readonly until: number;
}

/** By connection, then by what a route wants. */
const blocks = new WeakMap<Connection, Map<CallerHeaders, Block>>();
/** Reloads leave the wants of before behind: a connection that is asked about more starts over. */
const MAX_BLOCKS = 64;

export interface CallerRequest {
  readonly identity: Identity | undefined;
  /** Host and port as the client named them, syntax judged. */
  readonly authority: string;
  readonly wanted: CallerHeaders;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** The fields for a request. */
export function callerFields(connection: Connection, request: CallerRequest): HeaderBlock {
  const { identity, authority, wanted, now } = request;
  let ofConnection = blocks.get(connection);
  const kept = ofConnection?.get(wanted);
  if (kept !== undefined && kept.identity === identity && kept.authority === authority && now < kept.until)
    return kept.fields;
  const block = makeBlock(connection, request);
  if (ofConnection === undefined || ofConnection.size >= MAX_BLOCKS) {
    ofConnection = new Map();
    blocks.set(connection, ofConnection);
  }
  ofConnection.set(wanted, block);
  return block.fields;
}

function makeBlock(connection: Connection, { identity, authority, wanted, now }: CallerRequest): Block {
  const fields = forwardedFields(connection, authority);
  let assertion: Assertion | undefined;
  if (identity !== undefined) {
    fields.push(...identityFields(identity, wanted.identity));
    for (const preset of wanted.presets) fields.push(...PRESETS[preset](identity));
    if (wanted.assertion !== undefined) {
      const host = parseAuthority(authority)?.host ?? authority;
      assertion = makeAssertion(wanted.assertion, identity, { host, now });
      fields.push(wanted.assertion.header, assertion.token);
    }
  }
  for (const { name, template } of wanted.set) {
    const value = template({ connection, identity });
    if (value !== undefined) fields.push(name, value);
  }
  return { identity, authority, fields: new HeaderBlock(fields), until: assertion?.renewAt ?? Infinity };
}

/** Of those whom a trusted proxy names, nobody before the client: anybody could have written that. */
function forwardedFields({ remoteAddress, forwarded }: Connection, authority: string): string[] {
  const { proto, host } = { proto: forwarded?.proto ?? 'https', host: forwarded?.host ?? authority };
  const hops = forwarded === undefined ? [remoteAddress] : [...forwarded.trail, forwarded.by];
  const said = hops.map((hop) => `for=${forwardedFor(hop)}`);
  said[0] += `;host="${host}";proto=${proto}`;
  const fields = ['X-Forwarded-Proto', proto, 'X-Forwarded-Host', host, 'Forwarded', said.join(', ')];
  const addresses = hops.filter((hop) => hop !== '');
  if (addresses.length > 0) fields.unshift('X-Forwarded-For', addresses.join(', '));
  return fields;
}

/** RFC 7239 6: IPv6 in brackets and quotes; a peer without address is `unknown`. */
function forwardedFor(address: string): string {
  if (address === '') return 'unknown';
  return isIPv6(address) ? `"[${address}]"` : address;
}
