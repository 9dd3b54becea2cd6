import t from 'tap';
import { SallyportError } from '../../../src/core/errors.ts';
import { RequestDecoder } from '../../../src/http1/request-decoder.ts';
import type { RequestHead as ExchangeHead } from '../../../src/exchange/exchange.ts';
import type { RequestHead } from '../../../src/http1/request-head.ts';
import { decodeRequests, REQUEST_LIMITS } from '../../support/http1-transcript.ts';

const decode = (text: string, limits = {}) => decodeRequests([Buffer.from(text, 'latin1')], limits);
const headOf = (text: string) => {
  const { messages, error } = decode(text);
  const head = messages[0]?.head;
  if (head === undefined) throw new Error(error ?? 'no head');
  return head;
};
const targetOf = (line: string, host = 'a.example') => {
  const { authority, target } = headOf(`${line} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  return [authority, target];
};
const upgradeOf = (fields: string, line = 'GET / HTTP/1.1') =>
  headOf(`${line}\r\nHost: a\r\n${fields}\r\n\r\n`).upgrade;
const expectsContinue = (version: string, fields: string) =>
  headOf(`PUT / HTTP/${version}\r\nHost: a\r\nExpect: 100-Continue\r\n${fields}\r\n`).expectsContinue;

t.test('a head comes out as the exchange wants it', (t) => {
  const head: ExchangeHead & RequestHead = headOf(
    'GET /a?b=c HTTP/1.1\r\nhost: app.example:8443\r\nX-Two:  a \t b\t \r\nX-Empty:\r\nX-Latin: \xe9\r\n\r\n',
  );
  t.strictSame(head, {
    method: 'GET',
    authority: 'app.example:8443',
    target: '/a?b=c',
    version: 'HTTP/1.1',
    headers: ['host', 'app.example:8443', 'X-Two', 'a \t b', 'X-Empty', '', 'X-Latin', '\xe9'],
    contentLength: 0,
    upgrade: undefined,
    isKeepAlive: true,
    expectsContinue: false,
  });
  t.end();
});

t.test('bodies come by length and in chunks, and tell their length', (t) => {
  const { messages, error } = decode(
    'POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello' +
      'POST /2 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n' +
      '5\r\nhello\r\n00006;x=1;y="a\\"b";z\r\n world\r\n0\r\nEtag: "1"\r\n\r\n' +
      'POST /3 HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n',
  );
  t.equal(error, undefined);
  t.strictSame(
    messages.map(({ head, body, trailers }) => [head.target, head.contentLength, body, trailers]),
    [
      ['/1', 5, 'hello', []],
      ['/2', undefined, 'hello world', ['Etag', '"1"']],
      ['/3', 0, '', []],
    ],
  );
  t.end();
});

t.test('it stops behind a message and goes on at `next`', (t) => {
  const seen: string[] = [];
  const decoder = new RequestDecoder(REQUEST_LIMITS, {
    onHead: (head) => void seen.push(head.target),
    onData: (bytes) => void seen.push(bytes.toString()),
    onEnd: () => void seen.push('end'),
  });
  const first = 'POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi';
  const bytes = Buffer.from(`${first}\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n`);
  t.ok(decoder.isIdle);
  t.equal(decoder.decode(bytes), first.length);
  t.ok(decoder.isDone);
  t.equal(decoder.decode(bytes.subarray(first.length)), 0, 'nothing is taken before next');
  t.strictSame(seen, ['/1', 'hi', 'end']);
  decoder.next();
  t.ok(decoder.isIdle);
  t.throws(() => decoder.next(), { code: 'internal' });
  t.equal(decoder.decode(bytes.subarray(first.length, first.length + 1)), 1);
  t.notOk(decoder.isIdle, 'one byte is enough to start the head timer');
  t.equal(decoder.decode(bytes.subarray(first.length + 1)), bytes.length - first.length - 1);
  t.strictSame(seen, ['/1', 'hi', 'end', '/2', 'end']);
  t.end();
});

t.test('an error stays: nothing is read behind it', (t) => {
  const decoder = new RequestDecoder(REQUEST_LIMITS, {
    onHead: () => t.fail('no head'),
    onData: () => t.fail('no data'),
    onEnd: () => t.fail('no end'),
  });
  t.throws(
    () => decoder.decode(Buffer.from('GET /\r\n')),
    new SallyportError('bad_request_line', 'no version'),
  );
  t.throws(() => decoder.decode(Buffer.from('GET / HTTP/1.1\r\nHost: a\r\n\r\n')), {
    code: 'bad_request_line',
  });
  t.end();
});

t.test('a line that is already bad is refused before the head ends', (t) => {
  const early = {
    'GET / HTTP/1.1\n': 'bad_request_line',
    'GET / HTTP/1.1\r\r': 'bad_request_line',
    'GET / HTTP/2.0\r\n': 'version_not_supported',
    'GET /\r\n': 'bad_request_line',
    'GET / HTTP/1.1\r\nHost : a': 'bad_header',
    'GET / HTTP/1.1\r\n Host': 'bad_header',
    'GET / HTTP/1.1\r\nHost: a\r\n folded': 'bad_header',
    'GET / HTTP/1.1\r\nHost: a\n': 'bad_header',
    'GET / HTTP/1.1\r\nHost: a\0': 'bad_header',
    'GET / HTTP/1.1\r\nX_Y': 'bad_header_name',
  };
  for (const [text, code] of Object.entries(early)) t.equal(decode(text).error, code, JSON.stringify(text));
  t.end();
});

t.test('an absolute target gives its authority and path', (t) => {
  t.strictSame(targetOf('GET http://a.example/x?y'), ['a.example', '/x?y']);
  t.strictSame(targetOf('GET HTTPS://a.EXAMPLE/x'), ['a.EXAMPLE', '/x']);
  t.strictSame(targetOf('GET http://a.example'), ['a.example', '/']);
  t.strictSame(targetOf('GET http://a.example?y/z'), ['a.example', '/?y/z']);
  t.strictSame(targetOf('OPTIONS http://a.example'), ['a.example', '*']);
  t.strictSame(targetOf('OPTIONS *'), ['a.example', '*']);
  t.strictSame(targetOf('CONNECT a.example:443', 'a.example:443'), ['a.example:443', 'a.example:443']);
  t.strictSame(targetOf('GET //b.example/x'), ['a.example', '//b.example/x'], 'a path, not an authority');
  t.end();
});

t.test('keep-alive follows version and Connection', (t) => {
  const isKeepAlive = (version: string, connection?: string) =>
    headOf(
      `GET / HTTP/${version}\r\nHost: a\r\n${connection === undefined ? '' : `Connection: ${connection}\r\n`}\r\n`,
    ).isKeepAlive;
  t.ok(isKeepAlive('1.1'));
  t.notOk(isKeepAlive('1.1', 'close'));
  t.notOk(isKeepAlive('1.1', 'x, CLOSE'));
  t.notOk(isKeepAlive('1.1', 'keep-alive, close'));
  t.notOk(isKeepAlive('1.0'));
  t.ok(isKeepAlive('1.0', 'Keep-Alive'));
  t.notOk(isKeepAlive('1.0', 'keep-alive,close'));
  t.equal(headOf('GET / HTTP/1.0\r\n\r\n').authority, '', 'HTTP/1.0 may come without Host');
  t.end();
});

t.test('an upgrade is one protocol, asked for properly, and never another HTTP', (t) => {
  t.equal(upgradeOf('Connection: keep-alive, Upgrade\r\nUpgrade: WebSocket'), 'websocket');
  t.equal(upgradeOf('Connection: Upgrade\r\nUpgrade: foo/2'), 'foo/2');
  for (const fields of [
    'Upgrade: websocket',
    'Connection: upgrade',
    'Connection: upgrade\r\nUpgrade: h2c',
    'Connection: upgrade, http2-settings\r\nUpgrade: H2C\r\nHTTP2-Settings: AA',
    'Connection: upgrade\r\nUpgrade: HTTP/2.0',
    'Connection: upgrade\r\nUpgrade: TLS/1.0',
    'Connection: upgrade\r\nUpgrade: websocket, h2c',
    'Connection: upgrade\r\nUpgrade: websocket\r\nUpgrade: h2c',
    'Connection: upgrade\r\nUpgrade:',
    'Connection: upgrade\r\nUpgrade: a b',
    'Connection: upgrade\r\nUpgrade: connect-udp',
  ])
    t.equal(upgradeOf(fields), undefined, fields);
  const fields = 'Connection: upgrade\r\nUpgrade: websocket';
  t.equal(upgradeOf(fields, 'GET / HTTP/1.0'), undefined);
  t.equal(
    upgradeOf(fields, 'POST / HTTP/1.1'),
    'websocket',
    'what goes with which method is for others to judge',
  );
  t.end();
});

t.test('Expect is told only where a body waits for it', (t) => {
  t.ok(expectsContinue('1.1', 'Content-Length: 1\r\n'));
  t.ok(expectsContinue('1.1', 'Transfer-Encoding: chunked\r\n'));
  t.notOk(expectsContinue('1.1', ''));
  t.notOk(expectsContinue('1.0', 'Content-Length: 1\r\n'));
  t.end();
});

t.test('header names beyond letters, digits and hyphens are refused, dropped or let through', (t) => {
  const text = "GET / HTTP/1.1\r\nX_Forwarded_For: 1\r\nHost: a\r\nX.y!#$%&'*+^`|~: 2\r\nZ: 3\r\n\r\n";
  t.equal(decode(text).error, 'bad_header_name');
  t.strictSame(decode(text, { underscores: 'drop' }).messages[0]?.head.headers, ['Host', 'a', 'Z', '3']);
  t.strictSame(decode(text, { underscores: 'allow' }).messages[0]?.head.headers, [
    'X_Forwarded_For',
    '1',
    'Host',
    'a',
    "X.y!#$%&'*+^`|~",
    '2',
    'Z',
    '3',
  ]);
  for (const name of ['Transfer_Encoding', 'content.length', 'Host_', 'Content-Length!'])
    t.equal(
      decode(`GET / HTTP/1.1\r\nHost: a\r\n${name}: 1\r\n\r\n`, { underscores: 'allow' }).error,
      'bad_header_name',
      `${name} would govern an application that folds names`,
    );
  t.end();
});
