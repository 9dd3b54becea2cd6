// A name server that tests can change: A, AAAA and SRV records over UDP, and the faults that name servers have.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';

interface Teardown {
  teardown(fn: () => unknown): void;
}

export interface Service {
  readonly target: string;
  readonly port: number;
  readonly priority?: number;
  readonly weight?: number;
}

export interface DnsServer {
  /** `address:port`. */
  readonly resolver: string;
  /** By name. What is not there does not exist (NXDOMAIN); an empty list is an empty answer. */
  readonly addresses: Map<string, readonly string[]>;
  readonly services: Map<string, readonly Service[]>;
  /** `TYPE name` of each question. */
  readonly asked: string[];
  /** Names about which it says SERVFAIL. */
  readonly failing: Set<string>;
  /** `fails`: SERVFAIL for every name. */
  mood: 'answers' | 'fails' | 'silent';
}

const TYPES: Readonly<Record<number, string>> = { 1: 'A', 28: 'AAAA', 33: 'SRV' };
const SERVFAIL = 2;
const NXDOMAIN = 3;

export async function startDnsServer(t: Teardown): Promise<DnsServer> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  t.teardown(() => socket.close());
  const server: DnsServer = {
    resolver: `127.0.0.1:${socket.address().port}`,
    addresses: new Map(),
    services: new Map(),
    asked: [],
    failing: new Set(),
    mood: 'answers',
  };
  socket.on('message', (query, from) => {
    const answer = answerTo(query, server);
    if (answer !== undefined) socket.send(answer, from.port, from.address);
  });
  return server;
}

function answerTo(query: Buffer, server: DnsServer): Buffer | undefined {
  const { name, end } = readName(query, 12);
  const type = query.readUInt16BE(end);
  server.asked.push(`${TYPES[type] ?? type} ${name}`);
  if (server.mood === 'silent') return undefined;
  const isKnown = server.addresses.has(name) || server.services.has(name);
  const isFailing = server.mood === 'fails' || server.failing.has(name);
  const code = isFailing ? SERVFAIL : isKnown ? 0 : NXDOMAIN;
  const data = code === 0 ? dataOf(name, type, server) : [];
  const records = data.map((one) => {
    const head = Buffer.alloc(12);
    // The name is the one in the question; class IN; a TTL of 0.
    head.writeUInt16BE(0xc00c, 0);
    head.writeUInt16BE(type, 2);
    head.writeUInt16BE(1, 4);
    head.writeUInt16BE(one.length, 10);
    return Buffer.concat([head, one]);
  });
  const head = Buffer.alloc(12);
  query.copy(head, 0, 0, 2);
  head.writeUInt16BE(0x8180 | code, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(records.length, 6);
  return Buffer.concat([head, query.subarray(12, end + 4), ...records]);
}

function dataOf(name: string, type: number, { addresses, services }: DnsServer): Buffer[] {
  if (TYPES[type] === 'SRV') return (services.get(name) ?? []).map(serviceData);
  const isV6 = TYPES[type] === 'AAAA';
  return (addresses.get(name) ?? []).filter((one) => isIPv6(one) === isV6).map(addressData);
}

function serviceData({ target, port, priority = 0, weight = 0 }: Service): Buffer {
  const head = Buffer.alloc(6);
  head.writeUInt16BE(priority, 0);
  head.writeUInt16BE(weight, 2);
  head.writeUInt16BE(port, 4);
  return Buffer.concat([head, ...target.split('.').filter(isFilled).map(label), Buffer.of(0)]);
}

const isFilled = (text: string): boolean => text !== '';

function label(text: string): Buffer {
  return Buffer.concat([Buffer.of(text.length), Buffer.from(text, 'latin1')]);
}

function addressData(address: string): Buffer {
  if (!isIPv6(address)) return Buffer.from(address.split('.').map(Number));
  const [front = [], back = []] = address.split('::').map((half) => half.split(':').filter(isFilled));
  const groups = [...front, ...Array.from({ length: 8 - front.length - back.length }, () => '0'), ...back];
  return Buffer.from(groups.map((group) => group.padStart(4, '0')).join(''), 'hex');
}

function readName(message: Buffer, start: number): { name: string; end: number } {
  const labels: string[] = [];
  let at = start;
  for (let length = message[at] ?? 0; length > 0; length = message[at] ?? 0) {
    labels.push(message.toString('latin1', at + 1, at + 1 + length).toLowerCase());
    at += 1 + length;
  }
  return { name: labels.join('.'), end: at + 1 };
}
