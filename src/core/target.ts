// Where an endpoint is, read once from a `to` URL. The server name is part of it: it is what the app must prove to be,
// whatever Host header the requests carry.
import { type Hostname, isAddress, normalizeHostname } from './hostname.ts';

export interface Target {
  /** What is spoken to the app; with `tcp` and `tls` whatever the client likes. */
  readonly protocol: 'http' | 'https' | 'tcp' | 'tls';
  /** In clear text, and nothing but HTTP/2 (RFC 9113 3.3). */
  readonly isH2c: boolean;
  /** Host name or address (IPv6 without brackets); undefined for a unix socket. */
  readonly host: Hostname | undefined;
  /** 0 for a unix socket, and where SRV records say it. */
  readonly port: number;
  /** Whose SRV records say where it is (RFC 2782), `_api._tcp.corp.example.com`; `host` is then the domain in it. */
  readonly service: Hostname | undefined;
  /** Absolute path of a unix socket. */
  readonly socketPath: string | undefined;
  /** The name the app's certificate must have: the host, unless the route says otherwise. '' where nobody said. */
  readonly serverName: string;
  /** `host[:port]` as a Host header has it, without the scheme's own port; `localhost` for a unix socket. */
  readonly authority: string;
  /** One spelling for logs and keys: `https://10.0.0.7:8443`, `unix:/run/app.sock`. */
  readonly name: string;
}

type HttpProtocol = 'http' | 'https';

const SCHEMES: Readonly<Record<string, { protocol: HttpProtocol; isUnix: boolean }>> = {
  http: { protocol: 'http', isUnix: false },
  https: { protocol: 'https', isUnix: false },
  h2c: { protocol: 'http', isUnix: false },
  unix: { protocol: 'http', isUnix: true },
  'http+unix': { protocol: 'http', isUnix: true },
  'https+unix': { protocol: 'https', isUnix: true },
};
/** In front of a scheme: ask for SRV records. */
const SRV = 'srv+';
const SERVICE = /^_[a-z0-9-]+\._[a-z0-9-]+\.(.+)$/;
const UNSUPPORTED = new Set(['h2', 'udp', 'ssh', 'ws', 'wss']);
const URL_PARTS = /^([a-z][a-z0-9+.-]*):(?:\/\/([^/?#]*))?([^?#]*)(.*)$/i;
const AUTHORITY = /^(\[[^\]]*\]|[^:]*)(?::(\d{1,5}))?$/;

/** Reads a `to` URL. Throws an Error whose message says what is wrong and what to write instead. */
export function parseTarget(text: string): Target {
  const parts = URL_PARTS.exec(text);
  if (parts === null) throw new Error(`'${text}' is not a URL: write https://host:port`);
  const [, rawScheme = '', authority = '', path = '', rest = ''] = parts;
  const isSrv = rawScheme.toLowerCase().startsWith(SRV);
  const scheme = rawScheme.toLowerCase().slice(isSrv ? SRV.length : 0);
  const kind = SCHEMES[scheme];
  if (isSrv && (kind === undefined || kind.isUnix))
    throw new Error(`'${text}' is not for SRV records: write srv+https://_service._tcp.example.com`);
  if (kind === undefined) {
    if (isRawUrl(text))
      throw new Error(`'${scheme}:' goes with a route from tcp+https://: write https:// or http://`);
    if (UNSUPPORTED.has(scheme))
      throw new Error(`'${scheme}:' is not spoken to apps: write https:// or http://`);
    throw new Error(
      `'${text}' has no scheme known here: write https://host:port, http://host:port or unix:/path`,
    );
  }
  if (rest !== '') throw new Error(`'${text}' has a query or fragment: leave it out`);
  if (kind.isUnix) return unixTarget(text, kind.protocol, authority, path);
  const target = tcpTarget(text, { protocol: kind.protocol, isH2c: scheme === 'h2c' }, authority, path);
  return isSrv ? srvTarget(text, target, authority) : target;
}

/**
 * The name to prove is the domain that was asked about, never a name from the answer: whoever can forge DNS would choose
 * it (RFC 9525 section 6.1).
 */
function srvTarget(text: string, target: Target, authority: string): Target {
  const { host: service, protocol, isH2c } = target;
  const domain = normalizeHostname(SERVICE.exec(service ?? '')?.[1] ?? '');
  if (domain === undefined || isAddress(domain))
    throw new Error(`'${text}' names no service: write srv+${protocol}://_service._tcp.example.com`);
  if (/:\d*$/.test(authority)) throw new Error(`'${text}' has a port: leave it out, SRV records say it`);
  return {
    ...target,
    host: domain,
    port: 0,
    service,
    serverName: domain,
    authority: domain,
    name: `${SRV}${isH2c ? 'h2c' : protocol}://${service}`,
  };
}

function unixTarget(text: string, protocol: HttpProtocol, authority: string, path: string): Target {
  if (authority !== '' || !path.startsWith('/') || path === '/' || path.includes('\0'))
    throw new Error(`'${text}' must have an absolute socket path: write unix:/run/app.sock`);
  const name = `${protocol === 'https' ? 'https+unix' : 'unix'}:${path}`;
  return {
    protocol,
    isH2c: false,
    host: undefined,
    port: 0,
    service: undefined,
    socketPath: path,
    serverName: '',
    authority: 'localhost',
    name,
  };
}

function tcpTarget(
  text: string,
  { protocol, isH2c }: { protocol: HttpProtocol; isH2c: boolean },
  authority: string,
  path: string,
): Target {
  if (authority.includes('@'))
    throw new Error(`'${text}' has a user name: leave it out, or set the header you need`);
  const parts = AUTHORITY.exec(authority);
  const host = parts === null ? undefined : normalizeHostname(parts[1] ?? '');
  if (host === undefined) throw new Error(`'${text}' has no valid host: write ${protocol}://host:port`);
  const defaultPort = protocol === 'https' ? 443 : 80;
  const port = parts?.[2] === undefined ? defaultPort : Number(parts[2]);
  if (port === 0 || port > 65_535) throw new Error(`'${text}' has a port outside of 1 to 65535`);
  if (path !== '' && path !== '/')
    throw new Error(`'${text}' has a path: leave it out and write prefix_rewrite: ${path}`);
  const shownHost = host.includes(':') ? `[${host}]` : host;
  return {
    protocol,
    isH2c,
    host,
    port,
    service: undefined,
    socketPath: undefined,
    serverName: host,
    authority: port === defaultPort ? shownHost : `${shownHost}:${port}`,
    name: `${isH2c ? 'h2c' : protocol}://${shownHost}:${port}`,
  };
}

/** Reads `tcp://host:port` or `tls://host:port`. Throws an Error whose message says what is wrong. */
export function parseRawTarget(text: string): Target & { readonly host: Hostname } {
  const [, scheme = '', given = ''] = /^(tcp|tls):\/\/([^/?#@]+)\/?$/i.exec(text) ?? [];
  const parts = AUTHORITY.exec(given);
  const host = normalizeHostname(parts?.[1] ?? '');
  const port = Number(parts?.[2] ?? 0);
  if (host === undefined || port < 1 || port > 65_535)
    throw new Error(
      `'${text}' is not where bytes can be passed on to: write tcp://host:port or tls://host:port`,
    );
  const authority = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  const protocol = scheme.toLowerCase() === 'tls' ? 'tls' : 'tcp';
  return {
    protocol,
    isH2c: false,
    host,
    port,
    service: undefined,
    socketPath: undefined,
    serverName: host,
    authority,
    name: `${protocol}://${authority}`,
  };
}

/** Whether bytes go there as they are, and no HTTP is spoken. */
export function isRaw({ protocol }: Target): boolean {
  return protocol === 'tcp' || protocol === 'tls';
}

/** Whether the app must prove who it is. */
export function isTls({ protocol }: Target): boolean {
  return protocol === 'https' || protocol === 'tls';
}

/** Whether the text means to be what `parseRawTarget` reads. */
export const isRawUrl = (text: string): boolean => /^(?:tcp|tls):/i.test(text);

/** The same place with another name to prove. */
export function withServerName(target: Target, serverName: string): Target {
  return { ...target, serverName };
}

/** The same app at one address that DNS gave for `host`. What it must prove to be stays. */
export function atAddress(target: Target, host: Hostname, port: number, address: Hostname): Target {
  const scheme = target.isH2c ? 'h2c' : target.protocol;
  return {
    ...target,
    host: address,
    port,
    service: undefined,
    name: `${scheme}://${host}:${port} (${address})`,
  };
}

/** The name for the ClientHello; undefined for addresses, which RFC 6066 section 3 keeps out of it. */
export function sniOf(target: Target): string | undefined {
  return target.serverName === '' || isAddress(target.serverName) ? undefined : target.serverName;
}
