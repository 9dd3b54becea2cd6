// A peer of HTTP/2 that writes frames by hand, right ones and wrong ones, and reads what comes back frame by frame. Its
// header blocks are literals without Huffman coding; of those that come it reads the status alone.
import { once } from 'node:events';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { until } from './until.ts';

export const TYPE = {
  data: 0,
  headers: 1,
  priority: 2,
  rstStream: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

export const FLAG = { endStream: 1, ack: 1, endHeaders: 4, padded: 8, priority: 32 } as const;

/** RFC 9113 7. */
export const CODES = [
  'NO_ERROR',
  'PROTOCOL_ERROR',
  'INTERNAL_ERROR',
  'FLOW_CONTROL_ERROR',
  'SETTINGS_TIMEOUT',
  'STREAM_CLOSED',
  'FRAME_SIZE_ERROR',
  'REFUSED_STREAM',
  'CANCEL',
  'COMPRESSION_ERROR',
  'CONNECT_ERROR',
  'ENHANCE_YOUR_CALM',
  'INADEQUATE_SECURITY',
  'HTTP_1_1_REQUIRED',
] as const;

export type H2Code = (typeof CODES)[number];

export const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

/** `length` overrides what is written as the length of the payload. */
export function frame(
  type: number,
  flags: number,
  stream: number,
  payload: Buffer = Buffer.alloc(0),
  length?: number,
): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(length ?? payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** A header block of literal fields, never indexed. */
export function block(...fields: readonly (readonly [string, string])[]): Buffer {
  return Buffer.concat(fields.flatMap(([name, value]) => [Buffer.of(0), text(name), text(value)]));
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value, 'latin1');
  return Buffer.concat([lengthOf(bytes.length), bytes]);
}

/** An integer with a prefix of seven bits (RFC 7541 5.1). */
function lengthOf(length: number): Buffer {
  if (length < 127) return Buffer.of(length);
  const bytes = [127];
  let rest = length - 127;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return Buffer.from([...bytes, rest]);
}

export function settings(...pairs: readonly (readonly [id: number, value: number])[]): Buffer {
  return frame(
    TYPE.settings,
    0,
    0,
    Buffer.concat(
      pairs.map(([id, value]) => {
        const pair = Buffer.alloc(6);
        pair.writeUInt16BE(id, 0);
        pair.writeUInt32BE(value, 2);
        return pair;
      }),
    ),
  );
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

export interface H2Peer {
  readonly socket: TLSSocket;
  readonly frames: readonly Frame[];
  readonly isClosed: () => boolean;
  send(...bytes: readonly Buffer[]): void;
  /** Waits for a frame that fits, or for the end of the connection. */
  find(fits: (frame: Frame) => boolean): Promise<Frame | undefined>;
  /** What the frames say of a stream or, with 0, of the connection. */
  statusOf(stream: number): Promise<number | undefined>;
}

interface Teardown {
  teardown(fn: () => unknown): void;
}

/** Says nothing by itself, not even the preface. */
export async function openPeer(t: Teardown, options: ConnectionOptions): Promise<H2Peer> {
  const socket = connect({ ...options, ALPNProtocols: ['h2'] });
  const frames: Frame[] = [];
  let isClosed = false;
  let held = Buffer.alloc(0);
  socket.on('error', () => {});
  socket.on('close', () => (isClosed = true));
  socket.on('end', () => (isClosed = true));
  socket.on('data', (chunk: Buffer) => {
    held = Buffer.concat([held, chunk]);
    while (held.length >= 9 && held.length >= 9 + held.readUIntBE(0, 3)) {
      const end = 9 + held.readUIntBE(0, 3);
      frames.push({
        type: held.readUInt8(3),
        flags: held.readUInt8(4),
        stream: held.readUInt32BE(5) & 0x7fffffff,
        payload: held.subarray(9, end),
      });
      held = held.subarray(end);
    }
  });
  t.teardown(() => socket.destroy());
  await once(socket, 'secureConnect');
  const find: H2Peer['find'] = async (fits) => {
    await until(() => isClosed || frames.some(fits));
    return frames.find(fits);
  };
  return {
    socket,
    frames,
    isClosed: () => isClosed,
    send: (...bytes) => void socket.write(Buffer.concat(bytes)),
    find,
    statusOf: async (stream) => {
      const head = await find((one) => one.type === TYPE.headers && one.stream === stream);
      return head && statusIn(head.payload);
    },
  };
}

/** `:status` comes first: indexed, or a literal with an indexed name. */
function statusIn(payload: Buffer): number {
  let at = 0;
  // Changes of the table come first of all.
  while (((payload[at] ?? 0) & 0xe0) === 0x20)
    if (((payload[at++] ?? 0) & 0x1f) === 0x1f) while ((payload[at++] ?? 0) >= 0x80);
  const first = payload[at] ?? 0;
  const indexed: Record<number, number> = { 8: 200, 9: 204, 10: 206, 11: 304, 12: 400, 13: 404, 14: 500 };
  if (first >= 0x80) return indexed[first & 0x7f] ?? 0;
  const length = payload[at + 1] ?? 0;
  const value = payload.subarray(at + 2, at + 2 + (length & 0x7f));
  return Number(length >= 0x80 ? digitsOf(value) : value.toString('latin1'));
}

/** Digits in the code of RFC 7541 appendix B: five bits for 0 to 2, six for the rest. */
function digitsOf(huffman: Buffer): string {
  let bits = [...huffman].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  let digits = '';
  while (bits.length >= 5) {
    const five = Number.parseInt(bits.slice(0, 5), 2);
    if (five < 3) {
      digits += String(five);
      bits = bits.slice(5);
      continue;
    }
    const six = Number.parseInt(bits.slice(0, 6), 2);
    if (bits.length < 6 || six < 0b011001 || six > 0b011111) break;
    digits += String(six - 0b011001 + 3);
    bits = bits.slice(6);
  }
  return digits;
}
