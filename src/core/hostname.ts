// One spelling for a host name. TLS (SNI) and HTTP (Host, :authority) both pass through here and nowhere else,
// so that case, a trailing dot, a port or Unicode can never make the two disagree (Traefik CVE-2022-23632).
import { domainToASCII } from 'node:url';
import { isIPv4, isIPv6 } from 'node:net';

const LABEL = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;
const PLAIN_ASCII = /^[a-z0-9._-]+$/;
// Any dotted name whose last label is numeric is read as an IPv4 address by browsers (WHATWG URL), so it must be one.
const ENDS_IN_NUMBER = /(?:^|\.)(?:\d+|0x[0-9a-f]*)$/;

/** A host in normal form: lower case, no trailing dot, no port, A-labels; IPv6 without brackets. */
export type Hostname = string & { readonly __brand: 'Hostname' };

/** The normal form of a host without port, or undefined when it is none (RFC 9110 4.2.3, RFC 5890). */
export function normalizeHostname(text: string): Hostname | undefined {
  if (text.length === 0 || text.length > 255) return undefined;
  let host = text.toLowerCase();
  if (host.startsWith('[')) {
    const inner = host.endsWith(']') ? host.slice(1, -1) : '';
    return isIPv6(inner) && !inner.includes('%') ? (compressIPv6(inner) as Hostname) : undefined;
  }
  if (!PLAIN_ASCII.test(host)) {
    if (/[\0-\x20%/:@?#[\]\\]/.test(host)) return undefined;
    host = domainToASCII(host);
    if (host === '') return undefined;
  }
  if (host.endsWith('.')) host = host.slice(0, -1);
  if (host.length === 0 || host.length > 253) return undefined;
  if (ENDS_IN_NUMBER.test(host)) return isIPv4(host) ? (host as Hostname) : undefined;
  for (const label of host.split('.')) if (!LABEL.test(label)) return undefined;
  return host as Hostname;
}

/** RFC 5952 form, so that one address has one spelling. */
function compressIPv6(address: string): string {
  return new URL(`http://[${address}]/`).hostname.slice(1, -1);
}

export interface Authority {
  readonly host: Hostname;
  readonly port: number | undefined;
}

/** Parses `host[:port]` (RFC 3986 3.2 without userinfo); undefined when it is anything else. */
export function parseAuthority(text: string): Authority | undefined {
  const colon = text.startsWith('[') ? text.indexOf(':', text.indexOf(']')) : text.indexOf(':');
  const host = normalizeHostname(colon === -1 ? text : text.slice(0, colon));
  if (host === undefined) return undefined;
  if (colon === -1) return { host, port: undefined };
  const digits = text.slice(colon + 1);
  if (!/^\d{1,5}$/.test(digits)) return digits === '' ? { host, port: undefined } : undefined;
  const port = Number(digits);
  return port <= 65_535 ? { host, port } : undefined;
}

/** Whether the name is an IP address literal rather than a DNS name. */
export function isAddress(host: string): boolean {
  return isIPv4(host) || isIPv6(host);
}
