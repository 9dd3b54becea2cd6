// The PROXY protocol of HAProxy, versions 1 and 2: who a connection is from, said by the balancer that passes it on.
// https://www.haproxy.org/download/3.2/doc/proxy-protocol.txt
import { isIPv4, isIPv6 } from 'node:net';

/** The first bytes of version 2. */
export const SIGNATURE = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');

export type ProxyProtocolVersion = 'v1' | 'v2';

/** The two ends of a connection, as the client made it. */
export interface ProxiedAddresses {
  readonly sourceAddress: string;
  readonly sourcePort: number;
  readonly destinationAddress: string;
  readonly destinationPort: number;
}

/** Those of a client's connection. */
export function addressesOf({
  remoteAddress,
  remotePort,
  localAddress,
  localPort,
}: {
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
}): ProxiedAddresses {
  return {
    sourceAddress: remoteAddress,
    sourcePort: remotePort,
    destinationAddress: localAddress,
    destinationPort: localPort,
  };
}

const PROXY_COMMAND = 0x21;
const LOCAL_COMMAND = 0x20;
const TCP4 = 0x11;
const TCP6 = 0x21;
const AUTHORITY = 0x02;

/** What is sent before everything else. `authority`: the server name that the client asked for; version 2 tells it. */
export function proxyHeader(
  version: ProxyProtocolVersion,
  addresses: ProxiedAddresses,
  authority: string | undefined,
): Buffer {
  const { sourceAddress: source, destinationAddress: destination } = addresses;
  const isFour = isIPv4(source) && isIPv4(destination);
  const isSix = !isFour && isIP(source) && isIP(destination);
  if (version === 'v1') {
    if (!isFour && !isSix) return Buffer.from('PROXY UNKNOWN\r\n');
    const [from, to] = isFour ? [source, destination] : [asSix(source), asSix(destination)];
    const { sourcePort, destinationPort } = addresses;
    return Buffer.from(`PROXY TCP${isFour ? 4 : 6} ${from} ${to} ${sourcePort} ${destinationPort}\r\n`);
  }
  const ports = Buffer.alloc(4);
  ports.writeUInt16BE(addresses.sourcePort, 0);
  ports.writeUInt16BE(addresses.destinationPort, 2);
  const block =
    isFour || isSix
      ? Buffer.concat([addressBytes(source, isSix), addressBytes(destination, isSix), ports])
      : Buffer.alloc(0);
  const name = Buffer.from(authority ?? '', 'latin1');
  const tlv = name.length === 0 ? name : Buffer.concat([Buffer.from([AUTHORITY, 0, name.length]), name]);
  const command = block.length === 0 ? LOCAL_COMMAND : PROXY_COMMAND;
  const head = Buffer.from([command, isFour ? TCP4 : isSix ? TCP6 : 0, 0, 0]);
  head.writeUInt16BE(block.length + tlv.length, 2);
  return Buffer.concat([SIGNATURE, head, block, tlv]);
}

const isIP = (address: string): boolean => isIPv4(address) || isIPv6(address);

const asSix = (address: string): string => (isIPv4(address) ? `::ffff:${address}` : address);

function addressBytes(address: string, isSix: boolean): Buffer {
  if (!isSix) return Buffer.from(address.split('.').map(Number));
  const bytes = Buffer.alloc(16);
  for (const [index, group] of groupsOf(asSix(address)).entries()) bytes.writeUInt16BE(group, index * 2);
  return bytes;
}

/** The eight numbers of an IPv6 address. */
function groupsOf(address: string): number[] {
  const [, inner = ''] = /^\[(.*)\]$/.exec(new URL(`http://[${address}]`).hostname) ?? [];
  const [left = '', right] = inner.split('::', 2);
  const [head, tail] = [numbers(left), numbers(right ?? '')];
  return [...head, ...Array.from({ length: 8 - head.length - tail.length }, () => 0), ...tail];
}

function numbers(groups: string): number[] {
  return groups === '' ? [] : groups.split(':').map((group) => Number.parseInt(group, 16));
}
