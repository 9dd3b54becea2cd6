// Sequences of WebSocket frames, after the case list of the Autobahn test suite: what a tunnel must carry byte for byte,
// whether or not the ends like it.
import { randomBytes } from 'node:crypto';

export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** A frame as clients send it, masked. `bits`: FIN and reserved ones, 0x80 for a last frame. */
export function clientFrame(opcode: number, payload: Buffer | string = '', bits = 0x80): Buffer {
  const data = Buffer.from(payload);
  const mask = randomBytes(4);
  const head =
    data.length < 126
      ? Buffer.of(bits | opcode, 0x80 | data.length)
      : data.length < 65_536
        ? Buffer.of(bits | opcode, 0xfe, data.length >> 8, data.length & 0xff)
        : Buffer.concat([Buffer.of(bits | opcode, 0xff, 0, 0, 0, 0), uint32(data.length)]);
  const masked = Buffer.from(data.map((byte, index) => byte ^ (mask[index % 4] ?? 0)));
  return Buffer.concat([head, mask, masked]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

export interface WebsocketCase {
  readonly what: string;
  readonly bytes: Buffer;
  /** Pieces in which it is written. Default: one. */
  readonly pieceBytes?: number;
}

const { text, binary, continuation, ping, pong, close } = OPCODE;
const SIZES = [0, 1, 125, 126, 127, 128, 65_535, 65_536, 1_048_576, 16_777_216];
const CLOSE_CODES = [
  1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999, 0, 999, 1004, 1005, 1006,
  1015, 5000,
];
const TEXTS = ['Hello-µ@ßöäüàá-UTF-8!!', '\u{10ffff}', 'κόσμε', '\u{feff}', '\u0000'];
const BAD_TEXTS = ['cebae1bdb9cf83cebcceb5eda080656469746564', 'f4908080', 'c0af', 'fe', 'eda0bdedb8a0'];

const code = (value: number): Buffer => Buffer.of(value >> 8, value & 0xff);

export function websocketCases(): WebsocketCase[] {
  return [
    ...SIZES.map((size) => ({ what: `text of ${size}`, bytes: clientFrame(text, 'x'.repeat(size)) })),
    ...SIZES.map((size) => ({
      what: `binary of ${size}`,
      bytes: clientFrame(binary, Buffer.alloc(size, 0xfe)),
    })),
    { what: 'text of 65536 in pieces of 997', bytes: clientFrame(text, 'x'.repeat(65_536)), pieceBytes: 997 },
    { what: 'text of 300 a byte at a time', bytes: clientFrame(text, 'x'.repeat(300)), pieceBytes: 1 },
    { what: 'a ping without payload', bytes: clientFrame(ping) },
    { what: 'a ping of 125', bytes: clientFrame(ping, 'x'.repeat(125)) },
    { what: 'a ping of 126, which is too long', bytes: clientFrame(ping, 'x'.repeat(126)) },
    { what: 'an unasked pong', bytes: clientFrame(pong, 'unasked') },
    {
      what: 'a thousand pings',
      bytes: Buffer.concat(Array.from({ length: 1000 }, (_, i) => clientFrame(ping, String(i)))),
    },
    ...[0x40, 0x20, 0x10, 0x70].map((bits) => ({
      what: `reserved bits ${bits}`,
      bytes: clientFrame(text, 'x', 0x80 | bits),
    })),
    ...[3, 7, 11, 15].map((opcode) => ({ what: `opcode ${opcode}`, bytes: clientFrame(opcode, 'x') })),
    {
      what: 'two fragments',
      bytes: Buffer.concat([clientFrame(text, 'a', 0), clientFrame(continuation, 'b')]),
    },
    {
      what: 'a hundred fragments with pings between them',
      bytes: Buffer.concat([
        clientFrame(text, 'a', 0),
        ...Array.from({ length: 100 }, (_, i) =>
          Buffer.concat([clientFrame(ping, String(i)), clientFrame(continuation, 'b', 0)]),
        ),
        clientFrame(continuation, 'c'),
      ]),
    },
    { what: 'a fragmented ping', bytes: clientFrame(ping, 'x', 0) },
    { what: 'a continuation of nothing', bytes: clientFrame(continuation, 'x') },
    ...TEXTS.map((one) => ({ what: `UTF-8 ${JSON.stringify(one)}`, bytes: clientFrame(text, one) })),
    ...BAD_TEXTS.map((hex) => ({
      what: `no UTF-8: ${hex}`,
      bytes: clientFrame(text, Buffer.from(hex, 'hex')),
    })),
    ...CLOSE_CODES.map((value) => ({
      what: `close ${value}`,
      bytes: clientFrame(close, Buffer.concat([code(value), Buffer.from('why')])),
    })),
    { what: 'close without a code', bytes: clientFrame(close) },
    { what: 'close with half a code', bytes: clientFrame(close, Buffer.of(3)) },
    {
      what: 'frames after close',
      bytes: Buffer.concat([clientFrame(close, code(1000)), clientFrame(text, 'late')]),
    },
    { what: 'no frames at all', bytes: randomBytes(10_000) },
  ];
}
