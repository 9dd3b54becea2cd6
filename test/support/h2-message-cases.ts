// Cases of section 8 of RFC 9113, and of RFC 8441: what the fields of a request say. What has the form of HTTP/2 and the
// sense of nothing is answered, what has not is reset.
import { FLAG, frame, TYPE, block } from './h2-frames.ts';
import {
  data,
  type Field,
  get,
  H2_HOST,
  type H2Case,
  type H2Outcome,
  post,
  PSEUDO,
  pseudo,
  without,
} from './h2-cases.ts';

const RESET: readonly H2Outcome[] = ['stream PROTOCOL_ERROR', 'connection PROTOCOL_ERROR'];

const fields = (
  section: string,
  what: string,
  list: readonly Field[],
  outcome: H2Case['outcome'] = RESET,
): H2Case => ({
  section,
  what,
  send: [get(1, list)],
  outcome,
});
const field = (section: string, what: string, one: Field, outcome: H2Case['outcome'] = RESET): H2Case =>
  fields(section, what, [...PSEUDO, one], outcome);

/** A field that is malformed makes a request malformed, says 8.2.1; node:http2 drops it instead: the app never sees it. */
const dropped = (what: string, one: Field): H2Case => ({
  section: '8.2.1',
  what: `dropped: ${what}`,
  send: [get(1, [...pseudo([':path', '/echo']), one])],
  outcome: 'status 200',
  isDropped: true,
});

const NAMES: readonly H2Case[] = [
  field('8.2', 'a name in upper case', ['X-Upper', '1']),
  dropped('a name without a letter', ['', '1']),
  dropped('a name with a space', ['x y', '1']),
  dropped('a name with a colon', ['x:y', '1']),
  dropped('a name with a control character', ['x\x01', '1']),
  dropped('a name beyond ASCII', ['x\xe9', '1']),
  dropped('a value with NUL', ['x', 'a\0b']),
  dropped('a value with CR', ['x', 'a\rb']),
  dropped('a value with LF', ['x', 'a\nb']),
  dropped('a value that begins with a space', ['x', ' a']),
  dropped('a value that ends with a tab', ['x', 'a\t']),
  dropped('a value with another control character', ['x', 'a\x01b']),
  field('8.2.1', 'a value with a tab and Latin letters', ['x', 'a\t\xe9'], 'status 200'),
  field('8.2.1', 'a value of nothing', ['x', ''], 'status 200'),
  field('8.2.1', 'a name with an underscore', ['x_forwarded_for', '1'], 'status 400'),
  field('8.2.1', 'a name with a dot', ['x.y', '1'], 'status 400'),
];

const OF_CONNECTION: readonly H2Case[] = [
  field('8.2.2', 'Connection', ['connection', 'close']),
  field('8.2.2', 'Keep-Alive', ['keep-alive', '5']),
  field('8.2.2', 'Proxy-Connection', ['proxy-connection', 'close']),
  field('8.2.2', 'Transfer-Encoding', ['transfer-encoding', 'chunked']),
  field('8.2.2', 'Upgrade', ['upgrade', 'websocket']),
  field('8.2.2', 'TE: gzip', ['te', 'gzip']),
  field('8.2.2', 'TE: trailers', ['te', 'trailers'], 'status 200'),
  fields('8.2.3', 'a cookie in pieces', [...PSEUDO, ['cookie', 'a=1'], ['cookie', 'b=2']], 'status 200'),
];

const PSEUDO_FIELDS: readonly H2Case[] = [
  fields('8.3', 'an unknown one', [...PSEUDO, [':unknown', '1']]),
  fields('8.3', 'one of an answer', [...PSEUDO, [':status', '200']]),
  fields('8.3', 'one behind a field', [
    [':method', 'GET'],
    [':scheme', 'https'],
    [':path', '/'],
    ['x', '1'],
    [':authority', H2_HOST],
  ]),
  ...PSEUDO.map((one) => fields('8.3.1', `${one[0]} twice`, [...PSEUDO, one])),
  ...[':method', ':scheme', ':path'].map((name) => fields('8.3.1', `no ${name}`, without(name))),
  fields('8.3.1', 'an empty :path', pseudo([':path', ''])),
  fields('8.3.1', 'a :path without a slash', pseudo([':path', 'x']), [...RESET, 'status 400']),
  fields('8.3.1', 'a :path with a fragment', pseudo([':path', '/#x']), [...RESET, 'status 400']),
  fields('8.3.1', 'a :path with a space', pseudo([':path', '/a b']), [...RESET, 'status 400']),
  fields('8.3.1', ':path * for OPTIONS', pseudo([':method', 'OPTIONS'], [':path', '*']), 'status 204'),
  fields('8.3.1', ':path * for GET', pseudo([':path', '*']), [...RESET, 'status 400']),
  fields('8.3.1', 'a :path that two would read differently', pseudo([':path', '/a%2fb']), 'status 400'),
  fields('8.3.1', ':scheme http', pseudo([':scheme', 'http']), 'status 400'),
  fields('8.3.1', 'a :method in lower case', pseudo([':method', 'get']), 'status 400'),
  fields('8.3.1', 'a :method that is no token', pseudo([':method', 'G T']), [...RESET, 'status 400']),
  fields('8.3.1', 'TRACE', pseudo([':method', 'TRACE']), 'status 405'),
  fields('8.3.1', 'user information in :authority', pseudo([':authority', `me@${H2_HOST}`]), [
    ...RESET,
    'status 400',
  ]),
  fields('8.3.1', 'an empty :authority', pseudo([':authority', '']), [...RESET, 'status 400']),
  fields('8.3.1', 'a :authority with a space', pseudo([':authority', 'a b']), [...RESET, 'status 400']),
  fields('8.3.1', 'Host alone', [...without(':authority'), ['host', H2_HOST]], 'status 200'),
  fields('8.3.1', 'neither Host nor :authority', without(':authority'), [...RESET, 'status 400']),
  fields('8.3.1', 'Host that agrees', [...PSEUDO, ['host', H2_HOST.toUpperCase()]], 'status 200'),
  fields(
    '8.3.1',
    'Host that does not agree',
    [...PSEUDO, ['host', 'other.example.com']],
    [...RESET, 'status 400'],
  ),
  fields(
    '8.3.1',
    'Host twice',
    [...without(':authority'), ['host', H2_HOST], ['host', H2_HOST]],
    [...RESET, 'status 400'],
  ),
  fields(
    '8.3.1',
    'a host that is unknown',
    pseudo([':authority', 'unknown.sallyport.localhost']),
    'status 404',
  ),
];

const BODIES: readonly H2Case[] = [
  {
    section: '8.1',
    what: 'fields behind the body',
    send: [post(1), data(1, 'x', 0), get(1, [['x-sum', '1']])],
    outcome: 'status 200',
  },
  {
    section: '8.1',
    what: 'pseudo fields behind the body',
    send: [post(1), data(1, 'x', 0), get(1, PSEUDO)],
    outcome: RESET,
  },
  {
    section: '8.1',
    what: 'fields behind the body that do not end it',
    send: [post(1), data(1, 'x', 0), get(1, [['x-sum', '1']], 0)],
    outcome: RESET,
  },
  {
    section: '8.1',
    what: 'fields behind the body that nobody may say there',
    send: [post(1), data(1, 'x', 0), get(1, [['authorization', 'x']])],
    outcome: [...RESET, 'status 400'],
  },
  {
    section: '8.1.1',
    what: 'as many bytes as were announced',
    send: [post(1, ['content-length', '3']), data(1, 'abc')],
    outcome: 'status 200',
  },
  {
    section: '8.1.1',
    what: 'fewer',
    send: [post(1, ['content-length', '4']), data(1, 'abc')],
    outcome: RESET,
  },
  {
    section: '8.1.1',
    what: 'more',
    send: [post(1, ['content-length', '2']), data(1, 'abc')],
    outcome: [...RESET, 'connection INTERNAL_ERROR'],
  },
  {
    section: '8.1.1',
    what: 'none at all',
    send: [get(1, [...PSEUDO, ['content-length', '3']])],
    outcome: RESET,
  },
  {
    section: '8.1.1',
    what: 'no number',
    send: [post(1, ['content-length', 'three']), data(1, 'abc')],
    outcome: [...RESET, 'status 400'],
  },
  {
    section: '8.1.1',
    what: 'a sign',
    send: [post(1, ['content-length', '+3']), data(1, 'abc')],
    outcome: [...RESET, 'status 400'],
  },
  {
    section: '8.1.1',
    what: 'two numbers',
    send: [post(1, ['content-length', '3'], ['content-length', '3']), data(1, 'abc')],
    outcome: [...RESET, 'status 400'],
  },
  {
    section: '8.1',
    what: 'a reset in the middle of a body leaves the rest alone',
    send: [post(1), data(1, 'x', 0), frame(TYPE.rstStream, 0, 1, Buffer.of(0, 0, 0, 8)), get(3)],
    stream: 3,
    outcome: 'status 200',
  },
  {
    section: '8.1',
    what: 'an expectation that nobody knows',
    send: [post(1, ['expect', 'miracles'])],
    outcome: 'status 417',
  },
];

const CONNECT: readonly H2Case[] = [
  fields(
    '8.5',
    'CONNECT',
    [
      [':method', 'CONNECT'],
      [':authority', `${H2_HOST}:443`],
    ],
    'status 405',
  ),
  fields('8.5', 'CONNECT with a path', pseudo([':method', 'CONNECT'])),
  fields('8.5', 'CONNECT without an authority', [[':method', 'CONNECT']], [...RESET, 'status 400']),
  {
    section: '8441 4',
    what: 'a protocol that is not spoken',
    send: [get(1, [...pseudo([':method', 'CONNECT']), [':protocol', 'connect-udp']], 0)],
    outcome: ['status 403', 'status 501'],
  },
  {
    section: '8441 4',
    what: 'a WebSocket where the route has none',
    send: [get(1, [...pseudo([':method', 'CONNECT']), [':protocol', 'websocket']], 0)],
    outcome: ['status 403', 'status 200'],
  },
  {
    section: '8441 4',
    what: ':protocol without CONNECT',
    send: [get(1, [...PSEUDO, [':protocol', 'websocket']])],
    outcome: RESET,
  },
];

const LIMITS: readonly H2Case[] = [
  fields(
    '10.5.1',
    'more fields than are let through',
    [...PSEUDO, ...Array.from({ length: 101 }, (_, i): Field => [`x-${i}`, '1'])],
    'status 431',
  ),
  fields(
    '10.5.1',
    'many more',
    [...PSEUDO, ...Array.from({ length: 400 }, (_, i): Field => [`x-${i}`, '1'])],
    ['stream ENHANCE_YOUR_CALM', 'status 431'],
  ),
  {
    section: '10.5.1',
    what: 'a list of fields that is too long',
    send: Array.from({ length: 5 }, (_, i) =>
      i === 0
        ? frame(
            TYPE.headers,
            FLAG.endStream,
            1,
            Buffer.concat([block(...PSEUDO), block(['a', 'x'.repeat(15_000)])]),
          )
        : frame(TYPE.continuation, i === 4 ? FLAG.endHeaders : 0, 1, block([`a${i}`, 'x'.repeat(15_000)])),
    ),
    outcome: [
      'status 431',
      'stream ENHANCE_YOUR_CALM',
      'connection ENHANCE_YOUR_CALM',
      'connection PROTOCOL_ERROR',
    ],
  },
  fields('10.5.1', 'a path that is too long', pseudo([':path', `/${'x'.repeat(16_200)}`]), [
    'status 200',
    'status 414',
    'connection FRAME_SIZE_ERROR',
  ]),
];

export const MESSAGE_CASES: readonly H2Case[] = [
  NAMES,
  OF_CONNECTION,
  PSEUDO_FIELDS,
  BODIES,
  CONNECT,
  LIMITS,
].flat();
