// `from` of a route: a scheme and a host, exact or wildcard. `https://` and, for CONNECT, `tcp+https://`, where TLS ends
// here; `tls://`, where it passes through. One reading for the configuration, which says what is wrong with it, and for the
// route table, which matches by it.
import { type HostPattern, parseHostPattern } from './host-map.ts';

/**
 * The host pattern, or a sentence that says why the text is none. A port is accepted, as Pomerium writes it, and does not
 * take part in matching, since the proxy may be reached through another one; that of `tcp+https://` must be there, since
 * clients ask for it: `tunnelPort`. `wanted`: whether TLS ends here or passes through.
 */
export function parseFrom(text: string, wanted: 'https' | 'tls' = 'https'): HostPattern | string {
  const match = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)(.*)$/i.exec(text);
  if (match === null) return `'${text}' has no scheme: write ${wanted}://${text.replace(/^[:/]+/, '')}`;
  const [, rawScheme = '', authority = '', rest = ''] = match;
  const scheme = rawScheme.toLowerCase();
  const isTunnel = scheme === 'tcp+https' && wanted === 'https';
  if (scheme !== wanted && !isTunnel)
    return `only https:// is served here, not ${rawScheme}://: write https://${authority}`;
  if (authority.includes('@')) return `'${text}' has a user name in it: write ${scheme}://host alone`;
  if (/[?#]/.test(rest)) return `'${text}' has a query or fragment: write ${scheme}://${authority} alone`;
  if (rest !== '' && rest !== '/' && isTunnel)
    return `'${text}' has a path, and CONNECT has none: write tcp+https://${authority}`;
  if (rest !== '' && rest !== '/' && wanted === 'tls')
    return `'${text}' has a path, which is not seen where TLS passes through: write tls://${authority}`;
  if (rest !== '' && rest !== '/')
    return `'${text}' has a path: write https://${authority} and put '${rest}' under prefix or path`;
  const port = portIn(authority);
  if (port === undefined)
    return isTunnel
      ? `'${text}' has no port: write tcp+https://${authority}:port, as clients ask for it`
      : parseHostPattern(authority);
  if (!(Number(port) >= 1 && Number(port) <= 65_535))
    return `'${text}' has a bad port: write a number from 1 to 65535${isTunnel ? '' : ' or none'}`;
  return parseHostPattern(authority.slice(0, -port.length - 1));
}

/** Digits, or nothing behind the colon; undefined where there is no colon. */
function portIn(authority: string): string | undefined {
  return /:(\d*)$/.exec(authority.endsWith(']') ? '' : authority)?.[1];
}

/** Whether TLS of the route's clients passes through, whatever else may be wrong with it. */
export function isPassthrough(from: string): boolean {
  return /^tls:/i.test(from);
}

/** Whether the route is for CONNECT, whatever else may be wrong with it. */
export function isForTunnel(from: string): boolean {
  return /^tcp\+https:/i.test(from);
}

/** The port that clients name in CONNECT; undefined: the route is not for that. `from` has been read by `parseFrom`. */
export function tunnelPort(from: string): number | undefined {
  if (!isForTunnel(from)) return undefined;
  return Number(portIn(from.replace(/\/$/, '')));
}
