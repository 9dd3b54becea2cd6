// Cases of sections 3 to 5 of RFC 9113: connection, frames, streams.
import { block, FLAG, frame, PREFACE, settings, TYPE } from './h2-frames.ts';
import { afterAnswer, data, get, type H2Case, post, PSEUDO } from './h2-cases.ts';

const START = [PREFACE, settings()];
const uncut = (type: number, flags: number, stream: number, length: number): Buffer =>
  frame(type, flags, stream, Buffer.alloc(length));

export const CONNECTION_CASES: readonly H2Case[] = [
  {
    section: '3.4',
    what: 'a request of HTTP/1.1 is no preface',
    isBare: true,
    send: [Buffer.from('GET / HTTP/1.1\r\nhost: x\r\n\r\n')],
    outcome: ['connection INTERNAL_ERROR', 'closed'],
  },
  {
    section: '3.4',
    what: 'a preface with one byte wrong',
    isBare: true,
    send: [Buffer.from(PREFACE.toString().replace('SM', 'sm')), settings()],
    outcome: ['connection INTERNAL_ERROR', 'closed'],
  },
  {
    section: '3.4',
    what: 'no SETTINGS behind the preface',
    isBare: true,
    send: [PREFACE, get(1)],
    outcome: 'connection PROTOCOL_ERROR',
  },
  {
    section: '3.4',
    what: 'SETTINGS that acknowledge are no first SETTINGS',
    isBare: true,
    send: [PREFACE, frame(TYPE.settings, FLAG.ack, 0)],
    outcome: 'connection PROTOCOL_ERROR',
  },
  {
    section: '3.4',
    what: 'the preface a byte at a time',
    isBare: true,
    send: async (peer) => {
      for (const byte of Buffer.concat(START)) {
        peer.send(Buffer.of(byte));
        await new Promise(setImmediate);
      }
      return [get(1)];
    },
    outcome: 'status 200',
  },
  {
    section: '4.1',
    what: 'a frame of an unknown type',
    send: [uncut(0x20, 0xff, 0, 100), get(1)],
    outcome: 'status 200',
  },
  {
    section: '4.1',
    what: 'flags that mean nothing',
    send: [frame(TYPE.headers, 0xd2 | FLAG.endHeaders | FLAG.endStream, 1, block(...PSEUDO))],
    outcome: 'status 200',
  },
  {
    section: '4.1',
    what: 'the reserved bit of a stream identifier',
    send: [get(0x80000001)],
    outcome: 'status 200',
  },
  {
    section: '4.2',
    what: 'DATA of 16384 bytes',
    send: [post(1), data(1, 'x'.repeat(16_384))],
    outcome: 'status 200',
  },
  {
    section: '4.2',
    what: 'DATA of 16385 bytes',
    send: [post(1), data(1, 'x'.repeat(16_385))],
    outcome: ['connection FRAME_SIZE_ERROR', 'stream FRAME_SIZE_ERROR'],
  },
  {
    section: '4.2',
    what: 'HEADERS of 16385 bytes',
    send: [uncut(TYPE.headers, FLAG.endHeaders, 1, 16_385)],
    outcome: 'connection FRAME_SIZE_ERROR',
  },
  {
    section: '4.2',
    what: 'an unknown frame of 16385 bytes',
    send: [uncut(0x20, 0, 0, 16_385)],
    outcome: 'connection FRAME_SIZE_ERROR',
  },
  {
    section: '4.3',
    what: 'an index that the table has not',
    send: [frame(TYPE.headers, 5, 1, Buffer.of(0xfe))],
    outcome: 'connection COMPRESSION_ERROR',
  },
  {
    section: '4.3',
    what: 'index zero',
    send: [frame(TYPE.headers, 5, 1, Buffer.of(0x80))],
    outcome: 'connection COMPRESSION_ERROR',
  },
  {
    section: '4.3',
    what: 'a literal that is cut off',
    send: [frame(TYPE.headers, 5, 1, Buffer.concat([block(...PSEUDO), Buffer.of(0, 5, 0x61)]))],
    outcome: 'connection COMPRESSION_ERROR',
  },
  {
    section: '4.3',
    what: 'a table larger than was allowed',
    send: [frame(TYPE.headers, 5, 1, Buffer.concat([Buffer.of(0x3f, 0xe1, 0xff, 0x7f), block(...PSEUDO)]))],
    outcome: 'connection COMPRESSION_ERROR',
  },
  {
    section: '4.3',
    what: 'a change of the table behind a field',
    send: [frame(TYPE.headers, 5, 1, Buffer.concat([block(...PSEUDO), Buffer.of(0x20)]))],
    outcome: 'connection COMPRESSION_ERROR',
  },
  {
    section: '4.3',
    what: 'Huffman code with a wrong end',
    send: [frame(TYPE.headers, 5, 1, Buffer.concat([block(...PSEUDO), Buffer.of(0, 0x81, 0x00, 1, 0x61)]))],
    outcome: 'connection COMPRESSION_ERROR',
  },
  {
    section: '4.3',
    what: 'a block in three frames',
    send: [
      frame(TYPE.headers, FLAG.endStream, 1, block(...PSEUDO.slice(0, 2))),
      frame(TYPE.continuation, 0, 1, block(...PSEUDO.slice(2, 3))),
      frame(TYPE.continuation, FLAG.endHeaders, 1, block(...PSEUDO.slice(3))),
    ],
    outcome: 'status 200',
  },
  {
    section: '4.3',
    what: 'another frame within a block',
    send: [frame(TYPE.headers, FLAG.endStream, 1, block(...PSEUDO)), frame(TYPE.ping, 0, 0, Buffer.alloc(8))],
    outcome: 'connection PROTOCOL_ERROR',
  },
  {
    section: '4.3',
    what: 'a block of another stream within a block',
    send: [frame(TYPE.headers, FLAG.endStream, 1, block(...PSEUDO)), get(3)],
    outcome: 'connection PROTOCOL_ERROR',
  },
  {
    section: '5.1',
    what: 'idle: DATA',
    send: [data(1)],
    outcome: ['connection PROTOCOL_ERROR', 'connection STREAM_CLOSED'],
  },
  {
    section: '5.1',
    what: 'idle: RST_STREAM',
    send: [uncut(TYPE.rstStream, 0, 1, 4)],
    outcome: 'connection PROTOCOL_ERROR',
  },
  {
    section: '5.1',
    what: 'idle: WINDOW_UPDATE',
    send: [frame(TYPE.windowUpdate, 0, 1, Buffer.of(0, 0, 0, 9))],
    outcome: 'connection PROTOCOL_ERROR',
  },
  {
    section: '5.1',
    what: 'idle: CONTINUATION',
    send: [frame(TYPE.continuation, FLAG.endHeaders, 1, block(...PSEUDO))],
    outcome: 'connection PROTOCOL_ERROR',
  },
  {
    section: '5.1',
    what: 'idle: PRIORITY',
    send: [uncut(TYPE.priority, 0, 5, 5), get(7)],
    stream: 7,
    outcome: 'status 200',
  },
  {
    section: '5.1',
    what: 'half closed: DATA',
    send: [post(1, ['x-slow', '1']), data(1), data(1, 'more')],
    outcome: ['stream STREAM_CLOSED', 'connection STREAM_CLOSED'],
  },
  {
    section: '5.1',
    what: 'half closed: HEADERS',
    send: [post(1, ['x-slow', '1']), data(1), get(1)],
    outcome: ['stream STREAM_CLOSED', 'connection STREAM_CLOSED'],
  },
  {
    section: '5.1',
    what: 'half closed: WINDOW_UPDATE and PRIORITY',
    send: [
      post(1, ['x-slow', '1']),
      data(1),
      frame(TYPE.windowUpdate, 0, 1, Buffer.of(0, 0, 0, 9)),
      uncut(TYPE.priority, 0, 1, 5),
    ],
    outcome: 'status 200',
  },
  {
    section: '5.1',
    what: 'closed by the client: HEADERS',
    send: [get(1), frame(TYPE.rstStream, 0, 1, Buffer.of(0, 0, 0, 8)), get(1)],
    outcome: ['connection STREAM_CLOSED', 'connection PROTOCOL_ERROR', 'goes on'],
  },
  {
    section: '5.1',
    what: 'closed by its end: DATA',
    send: afterAnswer([get(1)], [data(1, 'late')]),
    outcome: ['connection STREAM_CLOSED', 'stream STREAM_CLOSED', 'goes on'],
  },
  {
    section: '5.1',
    what: 'closed by its end: HEADERS',
    send: afterAnswer([get(1)], [get(1)]),
    outcome: ['connection STREAM_CLOSED', 'connection PROTOCOL_ERROR', 'goes on'],
  },
  {
    section: '5.1',
    what: 'closed by its end: WINDOW_UPDATE, RST_STREAM, PRIORITY',
    send: afterAnswer(
      [get(1)],
      [
        frame(TYPE.windowUpdate, 0, 1, Buffer.of(0, 0, 0, 9)),
        uncut(TYPE.rstStream, 0, 1, 4),
        uncut(TYPE.priority, 0, 1, 5),
      ],
    ),
    outcome: 'goes on',
  },
  {
    section: '5.1.1',
    what: 'an even identifier',
    send: [get(2)],
    stream: 2,
    outcome: 'connection PROTOCOL_ERROR',
  },
  {
    section: '5.1.1',
    what: 'an identifier below the last one',
    send: [get(5), get(3)],
    stream: 3,
    outcome: ['connection PROTOCOL_ERROR', 'connection STREAM_CLOSED', 'goes on'],
  },
  {
    section: '5.1.1',
    what: 'identifiers that are left out',
    send: [get(1), get(2_000_001)],
    stream: 2_000_001,
    outcome: 'status 200',
  },
  {
    section: '5.1.2',
    what: 'one more stream than was allowed',
    isFull: true,
    send: Array.from({ length: 101 }, (_, index) => post(index * 2 + 1)),
    stream: 201,
    outcome: ['stream REFUSED_STREAM', 'connection PROTOCOL_ERROR'],
  },
  {
    section: '5.3',
    what: 'a stream that depends on itself, which means nothing any more',
    send: [
      frame(
        TYPE.headers,
        FLAG.endStream | FLAG.endHeaders | FLAG.priority,
        1,
        Buffer.concat([Buffer.of(0, 0, 0, 1, 9), block(...PSEUDO)]),
      ),
    ],
    outcome: ['status 200', 'stream PROTOCOL_ERROR', 'connection PROTOCOL_ERROR'],
  },
  {
    section: '5.5',
    what: 'a setting that nobody knows',
    send: [settings([0xfafa, 1]), get(1)],
    outcome: 'status 200',
  },
  {
    section: '5.5',
    what: 'an unknown frame within a block',
    send: [frame(TYPE.headers, FLAG.endStream, 1, block(...PSEUDO)), uncut(0x20, 0, 1, 3)],
    outcome: 'connection PROTOCOL_ERROR',
  },
];
