// Cases of section 6 of RFC 9113: each type of frame, and what is wrong with it.
import { FLAG, frame, TYPE, uint32, block } from './h2-frames.ts';
import { data, get, type H2Case, post, PSEUDO } from './h2-cases.ts';

const zeros = (type: number, flags: number, stream: number, length: number): Buffer =>
  frame(type, flags, stream, Buffer.alloc(length));

const DATA: readonly H2Case[] = [
  { section: '6.1', what: 'DATA on stream 0', send: [data(0, 'x')], outcome: 'connection PROTOCOL_ERROR' },
  {
    section: '6.1',
    what: 'DATA that is padded',
    send: [post(1), frame(TYPE.data, FLAG.endStream | FLAG.padded, 1, Buffer.from('\x03abc\0\0\0'))],
    outcome: 'status 200',
  },
  {
    section: '6.1',
    what: 'DATA that is padding alone',
    send: [post(1), frame(TYPE.data, FLAG.endStream | FLAG.padded, 1, Buffer.of(3, 0, 0, 0))],
    outcome: 'status 200',
  },
  {
    section: '6.1',
    what: 'more padding than there are bytes',
    send: [post(1), frame(TYPE.data, FLAG.endStream | FLAG.padded, 1, Buffer.of(4, 0, 0, 0))],
    outcome: 'connection PROTOCOL_ERROR',
  },
  {
    section: '6.1',
    what: 'padding without a length',
    send: [post(1), frame(TYPE.data, FLAG.endStream | FLAG.padded, 1)],
    outcome: ['connection PROTOCOL_ERROR', 'connection FRAME_SIZE_ERROR'],
  },
  {
    section: '6.1',
    what: 'a body in a hundred frames',
    send: [post(1), ...Array.from({ length: 100 }, () => data(1, 'x', 0)), data(1)],
    outcome: 'status 200',
  },
];

const HEADERS: readonly H2Case[] = [
  { section: '6.2', what: 'HEADERS on stream 0', send: [get(0)], outcome: 'connection PROTOCOL_ERROR' },
  {
    section: '6.2',
    what: 'HEADERS that are padded, with a priority',
    send: [
      frame(
        TYPE.headers,
        0x2d,
        1,
        Buffer.concat([Buffer.of(2, 0, 0, 0, 0, 9), block(...PSEUDO), Buffer.alloc(2)]),
      ),
    ],
    outcome: 'status 200',
  },
  {
    section: '6.2',
    what: 'more padding than there are bytes',
    send: [frame(TYPE.headers, 0xd, 1, Buffer.concat([Buffer.of(255), block(...PSEUDO)]))],
    outcome: 'connection PROTOCOL_ERROR',
  },
  {
    section: '6.2',
    what: 'a priority that is cut off',
    send: [frame(TYPE.headers, 0x25, 1, Buffer.of(0, 0, 0))],
    outcome: ['connection FRAME_SIZE_ERROR', 'connection PROTOCOL_ERROR'],
  },
  {
    section: '6.2',
    what: 'HEADERS without a block',
    send: [frame(TYPE.headers, 5, 1)],
    outcome: ['stream PROTOCOL_ERROR', 'connection PROTOCOL_ERROR'],
  },
];

const OTHERS: readonly H2Case[] = [
  {
    section: '6.3',
    what: 'PRIORITY on stream 0, which nghttp2 takes for the nothing that it means',
    send: [zeros(TYPE.priority, 0, 0, 5)],
    outcome: ['connection PROTOCOL_ERROR', 'goes on'],
  },
  {
    section: '6.3',
    what: 'PRIORITY of four bytes',
    send: [zeros(TYPE.priority, 0, 1, 4)],
    outcome: ['connection FRAME_SIZE_ERROR', 'stream FRAME_SIZE_ERROR'],
  },
  {
    section: '6.4',
    what: 'RST_STREAM on stream 0',
    send: [zeros(TYPE.rstStream, 0, 0, 4)],
    outcome: 'connection PROTOCOL_ERROR',
  },
  {
    section: '6.4',
    what: 'RST_STREAM of three bytes',
    send: [post(1), zeros(TYPE.rstStream, 0, 1, 3)],
    outcome: 'connection FRAME_SIZE_ERROR',
  },
  {
    section: '6.4',
    what: 'RST_STREAM with an unknown code',
    send: [post(1), frame(TYPE.rstStream, 0, 1, uint32(0xabcdef)), get(3)],
    stream: 3,
    outcome: 'status 200',
  },
  {
    section: '6.6',
    what: 'PUSH_PROMISE of a client',
    send: [
      post(1),
      frame(TYPE.pushPromise, FLAG.endHeaders, 1, Buffer.concat([uint32(2), block(...PSEUDO)])),
    ],
    outcome: 'connection PROTOCOL_ERROR',
  },
  {
    section: '6.7',
    what: 'PING on a stream',
    send: [zeros(TYPE.ping, 0, 1, 8)],
    outcome: 'connection PROTOCOL_ERROR',
  },
  {
    section: '6.7',
    what: 'PING of seven bytes',
    send: [zeros(TYPE.ping, 0, 0, 7)],
    outcome: 'connection FRAME_SIZE_ERROR',
  },
  {
    section: '6.7',
    what: 'PING of nine bytes',
    send: [zeros(TYPE.ping, 0, 0, 9)],
    outcome: 'connection FRAME_SIZE_ERROR',
  },
  {
    section: '6.7',
    what: 'an answer to a PING that was never sent',
    send: [zeros(TYPE.ping, FLAG.ack, 0, 8), get(1)],
    outcome: ['status 200', 'connection INTERNAL_ERROR'],
  },
  {
    section: '6.8',
    what: 'GOAWAY on a stream',
    send: [zeros(TYPE.goaway, 0, 1, 8)],
    outcome: 'connection PROTOCOL_ERROR',
  },
  {
    section: '6.8',
    what: 'GOAWAY of seven bytes',
    send: [zeros(TYPE.goaway, 0, 0, 7)],
    outcome: 'connection FRAME_SIZE_ERROR',
  },
  {
    section: '6.8',
    what: 'GOAWAY lets what is open finish',
    send: [post(1, ['x-slow', '1']), zeros(TYPE.goaway, 0, 0, 8), data(1)],
    outcome: 'status 200',
  },
  {
    section: '6.10',
    what: 'CONTINUATION on stream 0',
    send: [
      frame(TYPE.headers, FLAG.endStream, 1, block(...PSEUDO)),
      frame(TYPE.continuation, FLAG.endHeaders, 0),
    ],
    outcome: 'connection PROTOCOL_ERROR',
  },
  {
    section: '6.10',
    what: 'CONTINUATION of another stream',
    send: [
      frame(TYPE.headers, FLAG.endStream, 1, block(...PSEUDO)),
      frame(TYPE.continuation, FLAG.endHeaders, 3),
    ],
    outcome: 'connection PROTOCOL_ERROR',
  },
  {
    section: '6.10',
    what: 'CONTINUATION behind a whole block',
    send: [get(1), frame(TYPE.continuation, FLAG.endHeaders, 1, block(['a', 'b']))],
    outcome: 'connection PROTOCOL_ERROR',
  },
  {
    section: '6.10',
    what: 'CONTINUATION behind DATA',
    send: [post(1), data(1, 'x', 0), frame(TYPE.continuation, FLAG.endHeaders, 1, block(['a', 'b']))],
    outcome: 'connection PROTOCOL_ERROR',
  },
  {
    section: '6.10',
    what: 'empty CONTINUATIONs without end',
    send: [
      frame(TYPE.headers, FLAG.endStream, 1, block(...PSEUDO)),
      ...Array.from({ length: 1000 }, () => frame(TYPE.continuation, 0, 1)),
    ],
    outcome: [
      'connection PROTOCOL_ERROR',
      'connection ENHANCE_YOUR_CALM',
      'connection INTERNAL_ERROR',
      'closed',
    ],
  },
];

export const FRAME_CASES: readonly H2Case[] = [DATA, HEADERS, OTHERS].flat();
