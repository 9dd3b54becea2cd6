// Cases of sections 6.5 and 6.9 of RFC 9113: settings, and the windows that they open.
import { FLAG, frame, PREFACE, settings, TYPE, uint32 } from './h2-frames.ts';
import { data, get, type H2Case, post } from './h2-cases.ts';

const zeros = (type: number, flags: number, stream: number, length: number): Buffer =>
  frame(type, flags, stream, Buffer.alloc(length));
const window = (stream: number, increment: number): Buffer =>
  frame(TYPE.windowUpdate, 0, stream, uint32(increment));

const SETTINGS: readonly H2Case[] = [
  {
    section: '6.5',
    what: 'SETTINGS on a stream',
    send: [zeros(TYPE.settings, 0, 1, 6)],
    outcome: 'connection PROTOCOL_ERROR',
  },
  {
    section: '6.5',
    what: 'an acknowledgement with content',
    send: [zeros(TYPE.settings, FLAG.ack, 0, 6)],
    outcome: 'connection FRAME_SIZE_ERROR',
  },
  {
    section: '6.5',
    what: 'SETTINGS of seven bytes',
    send: [zeros(TYPE.settings, 0, 0, 7)],
    outcome: 'connection FRAME_SIZE_ERROR',
  },
  {
    section: '6.5.2',
    what: 'ENABLE_PUSH of 2',
    send: [settings([2, 2])],
    outcome: 'connection PROTOCOL_ERROR',
  },
  {
    section: '6.5.2',
    what: 'INITIAL_WINDOW_SIZE of 2^31',
    send: [settings([4, 0x80000000])],
    outcome: 'connection FLOW_CONTROL_ERROR',
  },
  {
    section: '6.5.2',
    what: 'MAX_FRAME_SIZE below 16384',
    send: [settings([5, 16_383])],
    outcome: 'connection PROTOCOL_ERROR',
  },
  {
    section: '6.5.2',
    what: 'MAX_FRAME_SIZE above 2^24 - 1',
    send: [settings([5, 16_777_216])],
    outcome: 'connection PROTOCOL_ERROR',
  },
  {
    section: '6.5.2',
    what: 'the largest of everything',
    send: [
      settings([1, 0xffffffff], [3, 0xffffffff], [4, 0x7fffffff], [5, 16_777_215], [6, 0xffffffff]),
      get(1),
    ],
    outcome: 'status 200',
  },
  { section: '6.5.2', what: 'a table of no bytes', send: [settings([1, 0]), get(1)], outcome: 'status 200' },
  {
    section: '6.5.3',
    what: 'SETTINGS are acknowledged, each',
    send: async (peer) => {
      peer.send(settings(), settings());
      let acks = 0;
      await peer.find((one) => one.type === TYPE.settings && (one.flags & FLAG.ack) !== 0 && ++acks >= 3);
      return [get(1)];
    },
    outcome: 'status 200',
  },
  {
    section: '6.5.2',
    what: 'a window of nothing holds the body back, and only that',
    send: [settings([4, 0]), get(1)],
    outcome: 'status 200',
  },
  {
    section: '3.4',
    what: 'settings together with the first request',
    isBare: true,
    send: [Buffer.concat([PREFACE, settings([4, 100_000]), get(1)])],
    outcome: 'status 200',
  },
];

const WINDOWS: readonly H2Case[] = [
  {
    section: '6.9',
    what: 'an increment of nothing on the connection',
    send: [window(0, 0)],
    outcome: 'connection PROTOCOL_ERROR',
  },
  {
    section: '6.9',
    what: 'an increment of nothing on a stream',
    send: [post(1), window(1, 0)],
    outcome: ['stream PROTOCOL_ERROR', 'connection PROTOCOL_ERROR'],
  },
  {
    section: '6.9',
    what: 'WINDOW_UPDATE of three bytes',
    send: [zeros(TYPE.windowUpdate, 0, 0, 3)],
    outcome: 'connection FRAME_SIZE_ERROR',
  },
  {
    section: '6.9',
    what: 'the reserved bit of an increment',
    send: [window(0, 0x80000001), get(1)],
    outcome: 'status 200',
  },
  {
    section: '6.9.1',
    what: 'a window of the connection above 2^31 - 1',
    send: [window(0, 0x7fffffff)],
    outcome: 'connection FLOW_CONTROL_ERROR',
  },
  {
    section: '6.9.1',
    what: 'a window of a stream above 2^31 - 1',
    send: [post(1), window(1, 0x7fffffff)],
    outcome: ['stream FLOW_CONTROL_ERROR', 'connection FLOW_CONTROL_ERROR'],
  },
  {
    section: '6.9.2',
    what: 'a window of a stream above 2^31 - 1 by settings',
    send: [post(1), window(1, 0x7fff0000), settings([4, 0x7fffffff])],
    outcome: ['stream FLOW_CONTROL_ERROR', 'connection FLOW_CONTROL_ERROR'],
  },
  {
    section: '6.9.1',
    what: 'more than the window of a stream',
    send: [post(1, ['x-unread', '1']), ...Array.from({ length: 20 }, () => data(1, 'x'.repeat(16_384), 0))],
    outcome: ['stream FLOW_CONTROL_ERROR', 'connection FLOW_CONTROL_ERROR'],
  },
];

export const WINDOW_CASES: readonly H2Case[] = [SETTINGS, WINDOWS].flat();
