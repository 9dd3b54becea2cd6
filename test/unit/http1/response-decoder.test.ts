import t from 'tap';
import { SallyportError } from '../../../src/core/errors.ts';
import { ResponseDecoder } from '../../../src/http1/response-decoder.ts';
import {
  cutAt,
  decodeResponses,
  REQUEST_LIMITS,
  type ResponseScript,
} from '../../support/http1-transcript.ts';

/** The result whole, and byte by byte, which must be the same. */
function decode(text: string, script?: ResponseScript) {
  const bytes = Buffer.from(text, 'latin1');
  const whole = decodeResponses([bytes], script);
  const single = decodeResponses(cutAt(bytes, [...bytes.keys()]), script);
  if (JSON.stringify(whole) !== JSON.stringify(single)) throw new Error('the pieces gave another result');
  return whole;
}

const OK = 'HTTP/1.1 200 OK\r\n';

t.test('the end of a body is found by length, by chunks or by the close', (t) => {
  const cases: [string, string | number, string, boolean][] = [
    [`${OK}Content-Length: 5\r\n\r\nhello`, 5, 'hello', true],
    [`${OK}Content-Length: 0\r\n\r\n`, 0, '', true],
    [`${OK}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`, 'chunked', 'hello', true],
    [`${OK}\r\nhello`, 'until_close', 'hello', false],
    [`HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello`, 5, 'hello', false],
    [`HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\nhello`, 5, 'hello', true],
    [`${OK}Connection: close\r\nContent-Length: 5\r\n\r\nhello`, 5, 'hello', false],
    ['HTTP/1.1 204\r\n\r\n', 'none', '', true],
  ];
  for (const [text, length, body, isKeepAlive] of cases) {
    const { messages, error, rest } = decode(text, { isClosed: true });
    const message = messages[0];
    t.strictSame(
      [error, rest, message?.head.body, message?.body, message?.head.isKeepAlive, message?.isComplete],
      [undefined, '', length, body, isKeepAlive, true],
      JSON.stringify(text),
    );
  }
  t.end();
});

t.test('HEAD, 204 and 304 have no body, whatever their fields say', (t) => {
  const surplus = 'HTTP/1.1 200 surplus\r\n';
  for (const [method, text] of [
    ['HEAD', `${OK}Content-Length: 5\r\n\r\n`],
    ['HEAD', `${OK}Transfer-Encoding: chunked\r\n\r\n`],
    ['GET', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n'],
    ['GET', 'HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n'],
    ['CONNECT', `${OK}\r\n`],
  ] as const) {
    const { messages, error, rest } = decode(text + surplus, { expected: [{ method }] });
    t.strictSame(
      [error, messages[0]?.isComplete, messages[0]?.body, rest],
      [undefined, true, '', surplus],
      text,
    );
  }
  t.end();
});

t.test('interim answers come first, any number up to a bound', (t) => {
  const hint = 'HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n';
  const text = `HTTP/1.1 100 Continue\r\n\r\n${hint}${hint}${OK}Content-Length: 1\r\n\r\nx`;
  const { informational, messages } = decode(text);
  t.strictSame(
    informational.map(({ status }) => status),
    [100, 103, 103],
  );
  t.strictSame(informational[1]?.headers, ['Link', '</a.css>']);
  t.strictSame([messages[0]?.head.status, messages[0]?.body], [200, 'x']);
  t.equal(decode(hint.repeat(17)).error, 'upstream_protocol');
  t.end();
});

t.test('101 is an answer only where it was asked for, and leaves the tunnel its bytes', (t) => {
  const text = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\ntunnel';
  const { messages, rest } = decode(text, { expected: [{ method: 'GET', mayUpgrade: true }] });
  t.strictSame([messages[0]?.head.status, messages[0]?.head.isKeepAlive, rest], [101, false, 'tunnel']);
  t.equal(decode(text).error, 'upstream_protocol');
  t.end();
});

t.test('answers to pipelined requests come one by one, and what nobody asked for is left over', (t) => {
  const text = `${OK}Content-Length: 1\r\n\r\na${OK}Transfer-Encoding: chunked\r\n\r\n1\r\nb\r\n0\r\nEtag: 1\r\nHost: x\r\n\r\n`;
  const expected = [{ method: 'GET' }, { method: 'POST' }];
  const { messages, rest } = decode(`${text}${OK}`, { expected });
  t.strictSame(
    messages.map(({ body }) => body),
    ['a', 'b'],
  );
  t.strictSame(messages[1]?.trailers, ['Etag', '1'], 'a forbidden trailer is dropped');
  t.equal(rest, OK);
  t.end();
});

t.test('an end before the end is told as a cut, and before the beginning as a reset', (t) => {
  const closed = { isClosed: true };
  t.equal(decode('', closed).error, 'upstream_reset');
  for (const text of [
    'HTTP/1.1 2',
    OK,
    'HTTP/1.1 100 Continue\r\n\r\n',
    `${OK}Content-Length: 5\r\n\r\nhell`,
    `${OK}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n`,
    `${OK}Transfer-Encoding: chunked\r\n\r\n`,
  ])
    t.equal(decode(text, closed).error, 'upstream_cut', JSON.stringify(text));
  t.end();
});

t.test('an answer that is not HTTP, or ambiguous, is the upstream’s fault', (t) => {
  const lines =
    'HTTP/1.1 000 X|HTTP/1.1 099 X|HTTP/1.1 600 X|HTTP/1.1 20 OK|HTTP/1.1 2000 OK|HTTP/1.1  200 OK|HTTP/2.0 200 OK|' +
    'HTTP/1.2 200 OK|HTTP/1.1\t200 OK|http/1.1 200 OK|SSH-2.0-OpenSSH|HTTP/1.1||HTTP/1.1 +20 OK|HTTP/1.1 200\tOK|' +
    'HTTP/1.1 200 O\0K';
  const bad = lines.split('|').map((line) => `${line}\r\n\r\n`);
  const fields = [
    'Content-Length: 5\r\nContent-Length: 5',
    'Content-Length: 5\r\nTransfer-Encoding: chunked',
    'Transfer-Encoding: gzip, chunked',
    'Content-Length: 5, 5',
    'Content-Length: -1',
    'X: a\0b',
    'X: a\nY: b',
    'X : a',
    'X: a\r\n b',
    'X',
    'Transfer_Encoding: chunked',
  ].map((field) => `${OK}${field}\r\n\r\nhello`);
  const others = [
    'HTTP/1.1 200 OK\n\r\n',
    `HTTP/1.0 100 Continue\r\n\r\n${OK}\r\n`,
    'HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello',
    'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    `${OK}Transfer-Encoding: chunked\r\n\r\n5;\n\r\nhello`,
    `${OK}Transfer-Encoding: chunked\r\n\r\n5\r\nhello!`,
    `\r\n${OK}\r\n`,
  ];
  for (const text of [...bad, ...fields, ...others])
    t.equal(decode(text).error, 'upstream_protocol', JSON.stringify(text));
  t.equal(decode(`${OK}X: ${'x'.repeat(20_000)}\r\n\r\n`).error, 'upstream_headers_too_large');
  t.equal(decode(`HTTP/1.1 200 ${'x'.repeat(5000)}`).error, 'upstream_headers_too_large');
  t.equal(decode(`${OK}${'X: 1\r\n'.repeat(101)}\r\n`).error, 'upstream_headers_too_large');
  t.end();
});

t.test('it reads nothing unasked, and nothing behind an error', (t) => {
  const seen: number[] = [];
  const decoder = new ResponseDecoder(REQUEST_LIMITS, {
    onInformational: () => undefined,
    onHead: ({ status }) => void seen.push(status),
    onData: () => undefined,
    onEnd: () => undefined,
  });
  t.ok(decoder.isIdle);
  t.equal(decoder.decode(Buffer.from(OK)), 0);
  decoder.finish();
  decoder.expect({ method: 'GET' });
  t.throws(() => decoder.expect({ method: 'GET' }), { code: 'internal' });
  t.throws(() => decoder.decode(Buffer.from('x\r\n')), { code: 'upstream_protocol' });
  t.throws(() => decoder.decode(Buffer.from(`${OK}\r\n`)), SallyportError);
  t.throws(() => decoder.finish(), { code: 'upstream_protocol' });
  t.strictSame(seen, []);
  t.end();
});
