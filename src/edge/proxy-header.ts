// Reads the PROXY protocol in front of a ClientHello. Hostile input, even from whom we trust: strict, capped, and with an
// outcome for every byte string. What is not understood in full is refused.
import { isIPv4, isIPv6 } from 'node:net';
import { type ProxiedAddresses, SIGNATURE } from '../core/proxy-protocol.ts';
import { crc32c } from './crc32c.ts';

export type ProxyHeaderFault = 'proxy_header_missing' | 'proxy_header_malformed';

export interface ProxyHeader {
  /** Bytes that it takes. */
  readonly length: number;
  /** Undefined: the balancer speaks for itself (a health check), or does not know. */
  readonly addresses: ProxiedAddresses | undefined;
}

/** The longest line of version 1, its end included. */
const MAX_V1 = 107;
const PREFIX_V1 = Buffer.from('PROXY ');
const HEAD_V2 = 16;
/** Addresses and what is said beside them; balancers that pass client certificates on say most. */
const MAX_V2 = 8192;
const CRC32C = 0x03;

/** `needed`: more bytes are wanted, that many in all at least. */
export function parseProxyHeader(bytes: Buffer): ProxyHeader | ProxyHeaderFault | { needed: number } {
  if (startsAlike(bytes, SIGNATURE)) return bytes.length < HEAD_V2 ? { needed: HEAD_V2 } : parseV2(bytes);
  if (startsAlike(bytes, PREFIX_V1)) return parseV1(bytes);
  return 'proxy_header_missing';
}

function startsAlike(bytes: Buffer, prefix: Buffer): boolean {
  const length = Math.min(bytes.length, prefix.length);
  return bytes.subarray(0, length).equals(prefix.subarray(0, length));
}

const LINE =
  /^PROXY (?:(UNKNOWN)(?: [\x20-\x7e]*)?|TCP([46]) ([0-9A-Fa-f:.]{2,39}) ([0-9A-Fa-f:.]{2,39}) (0|[1-9]\d{0,4}) (0|[1-9]\d{0,4}))$/;

function parseV1(bytes: Buffer): ProxyHeader | ProxyHeaderFault | { needed: number } {
  const end = bytes.subarray(0, MAX_V1).indexOf('\r\n');
  if (end === -1) return bytes.length < MAX_V1 ? { needed: bytes.length + 1 } : 'proxy_header_malformed';
  const match = LINE.exec(bytes.toString('latin1', 0, end));
  if (match === null) return 'proxy_header_malformed';
  const length = end + 2;
  const [, unknown, family, source = '', destination = '', ...ports] = match;
  if (unknown !== undefined) return { length, addresses: undefined };
  const isRight = family === '4' ? isIPv4 : isIPv6;
  const [sourcePort = 0, destinationPort = 0] = ports.map(Number);
  if (!isRight(source) || !isRight(destination) || sourcePort > 65_535 || destinationPort > 65_535)
    return 'proxy_header_malformed';
  return addressed(length, [source, destination], [sourcePort, destinationPort]);
}

function parseV2(bytes: Buffer): ProxyHeader | ProxyHeaderFault | { needed: number } {
  const [command, family] = [bytes[12], bytes[13]];
  const rest = bytes.readUInt16BE(14);
  const length = HEAD_V2 + rest;
  if ((command !== 0x20 && command !== 0x21) || length > MAX_V2) return 'proxy_header_malformed';
  if (bytes.length < length) return { needed: length };
  const header = bytes.subarray(0, length);
  const isLocal = command === 0x20;
  const sizes: Readonly<Record<number, number>> = { 0x11: 12, 0x21: 36, 0x31: 216 };
  const size = family === undefined || isLocal || family === 0 ? 0 : sizes[family];
  if (size === undefined || size > rest) return 'proxy_header_malformed';
  // Of a header without addresses the rest is skipped, whatever it is.
  if (size > 0 && !isSound(header, HEAD_V2 + size)) return 'proxy_header_malformed';
  if (size === 0 || family === 0x31) return { length, addresses: undefined };
  const width = family === 0x11 ? 4 : 16;
  const at = (index: number): string =>
    addressText(header.subarray(HEAD_V2 + index * width).subarray(0, width));
  const ports = HEAD_V2 + 2 * width;
  return addressed(length, [at(0), at(1)], [header.readUInt16BE(ports), header.readUInt16BE(ports + 2)]);
}

function addressed(
  length: number,
  [sourceAddress, destinationAddress]: [string, string],
  [sourcePort, destinationPort]: [number, number],
): ProxyHeader {
  const addresses = {
    sourceAddress: plain(sourceAddress),
    sourcePort,
    destinationAddress: plain(destinationAddress),
    destinationPort,
  };
  return { length, addresses };
}

/** Whether what follows the addresses is whole, and its checksum right where there is one. */
function isSound(header: Buffer, from: number): boolean {
  let at = from;
  while (at < header.length) {
    if (at + 3 > header.length) return false;
    const size = header.readUInt16BE(at + 1);
    const value = at + 3;
    if (value + size > header.length) return false;
    if (header[at] === CRC32C) {
      if (size !== 4) return false;
      const zeroed = Buffer.from(header);
      zeroed.fill(0, value, value + 4);
      if (crc32c(zeroed) !== header.readUInt32BE(value)) return false;
    }
    at = value + size;
  }
  return true;
}

/** One spelling for an address: RFC 5952, and IPv4 where it is one inside of IPv6. */
function plain(address: string): string {
  if (isIPv4(address)) return address;
  const { hostname } = new URL(`http://[${address}]`);
  const mapped = /^\[::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})\]$/.exec(hostname);
  if (mapped === null) return hostname.slice(1, -1);
  const [high = 0, low = 0] = mapped.slice(1).map((group) => Number.parseInt(group, 16));
  return [high >> 8, high & 0xff, low >> 8, low & 0xff].join('.');
}

function addressText(bytes: Buffer): string {
  if (bytes.length === 4) return bytes.join('.');
  return (bytes.toString('hex').match(/.{4}/g) ?? []).join(':');
}
