// Which requests belong together, so that they go to the same instance of an app: by a key that they share, or by a cookie
// that remembers where the first one went.
import { createHash } from 'node:crypto';
import { headerValue, headerValues } from '../core/flat-headers.ts';
import type { Endpoint } from '../upstream/contract.ts';
import type { Choice } from '../upstream/endpoint-set.ts';
import type { Upstream } from '../upstream/upstream.ts';
import type { Admitted } from './life.ts';

export interface Affinity {
  /** Where the key of a request is; undefined: it has none. */
  readonly key: AffinityKey | undefined;
  /** Name of the cookie; undefined: none is set. */
  readonly cookie: string | undefined;
}

export type AffinityKey =
  | { readonly from: 'client_certificate' | 'source_ip' }
  /** `name` of a header in lower case. */
  | { readonly from: 'header' | 'cookie'; readonly name: string };

/** `client_certificate`, `source_ip`, `header:NAME`, `cookie:NAME`. */
export function parseAffinityKey(text: string): AffinityKey {
  const [from, name = ''] = text.split(':', 2);
  if (from === 'header') return { from, name: name.toLowerCase() };
  if (from === 'cookie') return { from, name };
  return { from: from === 'source_ip' ? from : 'client_certificate' };
}

/** Which endpoint an exchange asks for. */
export function choiceFor(admitted: Admitted, upstream: Upstream): Choice {
  const { exchange, route } = admitted;
  const { affinity } = route.parts;
  if (affinity === undefined) return NO_CHOICE;
  const { headers } = exchange.request;
  const tag = affinity.cookie === undefined ? undefined : cookieIn(headers, affinity.cookie);
  return {
    key: affinity.key === undefined ? undefined : keyIn(affinity.key, admitted),
    preferred: tag === undefined ? undefined : upstream.endpoints.find((one) => tagOf(one) === tag),
  };
}

/** The cookie to set for an answer of this endpoint; undefined: the client has it already, or gets none. */
export function affinityCookie(
  { exchange, route: { parts } }: Admitted,
  endpoint: Endpoint,
): string | undefined {
  const name = parts.affinity?.cookie;
  if (name === undefined) return undefined;
  const tag = tagOf(endpoint);
  if (cookieIn(exchange.request.headers, name) === tag) return undefined;
  return `${name}=${tag}; Path=/; Secure; HttpOnly; SameSite=Lax`;
}

const NO_CHOICE: Choice = {};

/** A certificate's key stays the same when it is renewed with the same names; a client without one is known by its address. */
export function keyIn(
  key: AffinityKey,
  { exchange: { request }, connection, grant: { identity } }: Admitted,
): string | undefined {
  switch (key.from) {
    case 'client_certificate':
      return identity === undefined ? connection.remoteAddress : identity.leaf.subject;
    case 'source_ip':
      return connection.remoteAddress;
    case 'header':
      return headerValue(request.headers, key.name);
    case 'cookie':
      return cookieIn(request.headers, key.name);
    default:
      return key satisfies never;
  }
}

function cookieIn(headers: readonly string[], name: string): string | undefined {
  for (const field of headerValues(headers, 'cookie'))
    for (const pair of field.split(';')) {
      const [found = '', value = ''] = pair.trim().split('=', 2);
      if (found === name) return value;
    }
  return undefined;
}

const tags = new WeakMap<Endpoint, string>();

/** Tells endpoints apart without naming them. */
function tagOf(endpoint: Endpoint): string {
  let tag = tags.get(endpoint);
  if (tag === undefined) {
    tag = createHash('sha256').update(endpoint.name).digest('hex').slice(0, 16);
    tags.set(endpoint, tag);
  }
  return tag;
}
