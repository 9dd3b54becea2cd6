// `from` of a route: `https://` (or `tls://`, where TLS passes through) and a host, exact or wildcard. One reading for the configuration, which says what is
// wrong with it, and for the route table, which matches by it.
import { type HostPattern, parseHostPattern } from './host-map.ts';

/**
 * The host pattern of `https://host[:port]`, or a sentence that says why the text is none. The port is accepted, as
 * Pomerium writes it, and does not take part in matching: the proxy may be reached through another one.
 */
export function parseFrom(text: string, wanted: 'https' | 'tls' = 'https'): HostPattern | string {
  const match = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)(.*)$/i.exec(text);
  if (match === null) return `'${text}' has no scheme: write ${wanted}://${text.replace(/^[:/]+/, '')}`;
  const [, scheme = '', authority = '', rest = ''] = match;
  if (scheme.toLowerCase() !== wanted)
    return `only https:// is served here, not ${scheme}://: write https://${authority}`;
  if (authority.includes('@')) return `'${text}' has a user name in it: write ${wanted}://host alone`;
  if (/[?#]/.test(rest)) return `'${text}' has a query or fragment: write ${wanted}://${authority} alone`;
  if (rest !== '' && rest !== '/' && wanted === 'tls')
    return `'${text}' has a path, which is not seen where TLS passes through: write tls://${authority}`;
  if (rest !== '' && rest !== '/')
    return `'${text}' has a path: write https://${authority} and put '${rest}' under prefix or path`;
  const port = /:(\d*)$/.exec(authority.endsWith(']') ? '' : authority);
  if (port !== null && !(Number(port[1]) >= 1 && Number(port[1]) <= 65_535))
    return `'${text}' has a bad port: write a number from 1 to 65535 or none`;
  return parseHostPattern(port === null ? authority : authority.slice(0, port.index));
}

/** Whether TLS of the route's clients passes through, whatever else may be wrong with it. */
export function isPassthrough(from: string): boolean {
  return /^tls:/i.test(from);
}
