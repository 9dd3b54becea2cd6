// The head of a request in HTTP/2 (RFC 9113 8), judged as that of HTTP/1.1 is, and brought to the same shape. nghttp2 has
// decoded it, and refused what is malformed there: upper case, pseudo fields in the wrong place, fields of a connection.
import { randomBytes } from 'node:crypto';
import { SallyportError } from '../core/errors.ts';
import { parseAuthority } from '../core/hostname.ts';
import type { RequestHead } from '../exchange/exchange.ts';
import { parseContentLength } from '../http1/body-length.ts';
import { refuseDisguise } from '../http1/disguise.ts';
import {
  AUTHORITY,
  FIELD_VALUE,
  isMadeOf,
  METHOD,
  PATH,
  PLAIN_NAME,
  QUERY,
  TOKEN,
} from '../http1/grammar.ts';
import type { RequestLimits } from '../http1/limits.ts';
import { parseRequestTarget } from '../http1/request-target.ts';
import { upgradeProtocol } from '../http1/upgrade-protocol.ts';

export interface H2Head extends RequestHead {
  readonly version: 'HTTP/2';
  /** Whether the client waits for `100 Continue` before it sends the body. */
  readonly expectsContinue: boolean;
}

/** Of a field beside its name and value, as SETTINGS_MAX_HEADER_LIST_SIZE counts (RFC 9113 6.5.2). */
const FIELD_OVERHEAD = 32;
const MAX_METHOD_BYTES = 32;

interface Pseudo {
  method: string;
  scheme: string;
  authority: string;
  path: string;
  protocol: string;
}

/**
 * `raw` is flat, pseudo fields first. `hasEnded`: there is no body. Throws headers_too_large, uri_too_long,
 * bad_request_line, bad_target, bad_host, bad_header, bad_header_name, bad_framing, expectation_failed.
 */
export function readH2Head(raw: readonly string[], limits: RequestLimits, hasEnded: boolean): H2Head {
  const pseudo: Pseudo = { method: '', scheme: '', authority: '', path: '', protocol: '' };
  const gathered = new Gathered(limits);
  let bytes = 0;
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i] ?? '';
    const value = raw[i + 1] ?? '';
    bytes += name.length + value.length + FIELD_OVERHEAD;
    if (name.startsWith(':')) setPseudo(pseudo, name, value);
    else gathered.add(name, value);
  }
  if (bytes > limits.maxHeadBytes) throw new SallyportError('headers_too_large');
  const { method } = pseudo;
  if (!isMadeOf(METHOD, method) || method.length > MAX_METHOD_BYTES)
    throw new SallyportError('bad_request_line', 'method');
  const authority = judgeAuthority(pseudo.authority, gathered);
  if (method === 'CONNECT' && gathered.contentLength !== undefined)
    throw new SallyportError('bad_framing', 'CONNECT with a body');
  const isExtended = pseudo.protocol !== '';
  if (method === 'CONNECT' && !isExtended) return connectHead(pseudo, authority, gathered.finish());
  if (pseudo.scheme !== 'https') throw new SallyportError('bad_target', 'the scheme is not https');
  judgePath(method, pseudo.path, limits);
  const headers = gathered.finish();
  if (isExtended) return upgradeHead(pseudo, authority, headers);
  return {
    ...EMPTY,
    method,
    authority,
    target: pseudo.path,
    headers,
    contentLength: hasEnded ? 0 : gathered.contentLength,
    expectsContinue: gathered.expectsContinue && !hasEnded,
  };
}

const EMPTY = {
  version: 'HTTP/2',
  contentLength: 0,
  upgrade: undefined,
  expectsContinue: false,
} as const;

/** What stands in the place of a request whose head is refused, so that its refusal is an exchange like others. */
export const UNREADABLE_H2_REQUEST: H2Head = {
  ...EMPTY,
  method: '-',
  authority: '',
  target: '-',
  headers: [],
  contentLength: undefined,
};

/** To a host and port, without scheme and path (RFC 9113 8.5). */
function connectHead({ method, scheme, path }: Pseudo, authority: string, headers: string[]): H2Head {
  if (scheme !== '' || path !== '') throw new SallyportError('bad_target', 'CONNECT with a scheme or path');
  const { target } = parseRequestTarget(method, authority);
  return { ...EMPTY, method, authority, target, headers };
}

/**
 * An extended CONNECT (RFC 8441) becomes the GET that the same request is in HTTP/1.1, so that nobody need know the
 * difference. The key that a WebSocket lacks is made here: it proves nothing to the client, who does not get to see the
 * answer.
 */
function upgradeHead({ protocol, path }: Pseudo, authority: string, headers: string[]): H2Head {
  const upgrade = upgradeProtocol(protocol);
  if (upgrade === undefined) throw new SallyportError('upgrade_not_allowed', protocol);
  if (upgrade === 'websocket') headers.push('sec-websocket-key', randomBytes(16).toString('base64'));
  return { ...EMPTY, method: 'GET', authority, target: path, headers, upgrade };
}

function setPseudo(pseudo: Pseudo, name: string, value: string): void {
  const key = name.slice(1);
  if (!Object.hasOwn(pseudo, key)) throw new SallyportError('bad_header', name);
  pseudo[key as keyof Pseudo] = value;
}

/** `:authority` and Host must agree where there are both (RFC 9113 8.3.1). */
function judgeAuthority(authority: string, { host }: Gathered): string {
  if (authority !== '' && host !== undefined && host.toLowerCase() !== authority.toLowerCase())
    throw new SallyportError('bad_host', ':authority names another host than Host');
  const text = authority === '' ? (host ?? '') : authority;
  if (!isMadeOf(AUTHORITY, text) || parseAuthority(text) === undefined) throw new SallyportError('bad_host');
  return text;
}

function judgePath(method: string, path: string, { maxTargetBytes }: RequestLimits): void {
  if (path.length > maxTargetBytes) throw new SallyportError('uri_too_long');
  if (path === '*' && method === 'OPTIONS') return;
  const question = path.indexOf('?');
  const [before, query] = question === -1 ? [path, ''] : [path.slice(0, question), path.slice(question)];
  if (!before.startsWith('/') || !isMadeOf(PATH, before) || (query !== '' && !isMadeOf(QUERY, query)))
    throw new SallyportError('bad_target', 'no path, or a character that must be encoded');
}

/** The fields that are no pseudo fields. */
class Gathered {
  host: string | undefined;
  contentLength: number | undefined;
  expectsContinue = false;
  readonly #limits: RequestLimits;
  readonly #fields: string[] = [];
  #cookie: string | undefined;
  #count = 0;

  constructor(limits: RequestLimits) {
    this.#limits = limits;
  }

  add(name: string, value: string): void {
    if (++this.#count > this.#limits.maxHeaders)
      throw new SallyportError('headers_too_large', 'too many fields');
    if (value !== '' && !isMadeOf(FIELD_VALUE, value))
      throw new SallyportError('bad_header', 'control character in a value');
    if (!isMadeOf(PLAIN_NAME, name) && !this.#mayBeOdd(name)) return;
    switch (name) {
      case 'host':
        if (this.host !== undefined) throw new SallyportError('bad_host', 'two Host fields');
        this.host = value;
        return;
      case 'cookie':
        // Cut up for compression; whoever reads HTTP/1.1 expects one field (RFC 9113 8.2.3).
        this.#cookie = this.#cookie === undefined ? value : `${this.#cookie}; ${value}`;
        return;
      case 'content-length':
        if (this.contentLength !== undefined)
          throw new SallyportError('bad_framing', 'two Content-Length fields');
        this.contentLength = parseContentLength(value);
        return;
      case 'sec-websocket-key':
        return;
      case 'expect':
        if (value.toLowerCase() !== '100-continue' || this.expectsContinue)
          throw new SallyportError('expectation_failed');
        this.expectsContinue = true;
        break;
      default:
    }
    this.#fields.push(name, value);
  }

  finish(): string[] {
    if (this.#cookie !== undefined) this.#fields.push('cookie', this.#cookie);
    return this.#fields;
  }

  /** Whether a name with other characters than letters, digits and hyphens is let through. */
  #mayBeOdd(name: string): boolean {
    const { underscores } = this.#limits;
    if (!isMadeOf(TOKEN, name)) throw new SallyportError('bad_header', 'no name');
    if (underscores === 'reject') throw new SallyportError('bad_header_name');
    if (underscores === 'drop') return false;
    refuseDisguise(name);
    return true;
  }
}
