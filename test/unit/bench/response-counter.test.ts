import t from 'tap';
import { ResponseCounter } from '../../../bench/load/response-counter.ts';

type Answer = [status: number, mayReuse: boolean];

interface CountOptions {
  readonly cuts?: readonly number[];
  readonly isAnswerToHead?: boolean;
}

/** Counts a stream given in pieces cut at the offsets; the pieces share one buffer, as they do on a socket. */
function count(stream: string, { cuts = [], isAnswerToHead = false }: CountOptions = {}) {
  const answers: Answer[] = [];
  const counter = new ResponseCounter((...answer) => answers.push(answer), isAnswerToHead);
  const shared = Buffer.alloc(stream.length);
  let from = 0;
  for (const to of [...cuts, stream.length]) {
    const length = shared.write(stream.slice(from, to), 'latin1');
    counter.push(shared, length);
    from = to;
  }
  return { answers, endsClean: counter.close() };
}

const answer = (body: string, extra = ''): string =>
  `HTTP/1.1 200 OK\r\nDate: Thu, 01 Jan 2026 00:00:00 GMT\r\n${extra}Content-Length: ${body.length}\r\n\r\n${body}`;
const CHUNKED =
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nA;x=y\r\n0123456789\r\n0\r\nTrailer: 1\r\n\r\n';
const OK: Answer = [200, true];

t.test('answers are counted, also several in one read', async (t) => {
  t.same(count(answer('hello') + answer('world') + answer('again')), {
    answers: [OK, OK, OK],
    endsClean: true,
  });
});

t.test('every mix of framings gives the same count wherever the stream is cut', async (t) => {
  const stream =
    answer('hello') +
    answer('world') +
    CHUNKED +
    'HTTP/1.1 204 No Content\r\n\r\n' +
    answer('a longer one') +
    answer('hello', 'X-More: yes\r\n') +
    'HTTP/1.1 100 Continue\r\n\r\n' +
    answer('') +
    'HTTP/1.1 404 Not Found\r\ncontent-length:3\r\n\r\nno\n' +
    CHUNKED;
  const expected = { answers: [OK, OK, OK, [204, true], OK, OK, OK, [404, true], OK], endsClean: true };
  for (let cut = 1; cut < stream.length; cut++)
    t.same(count(stream, { cuts: [cut] }), expected, `cut at ${cut}`);
  const everywhere = Array.from({ length: stream.length - 1 }, (_, i) => i + 1);
  t.same(count(stream, { cuts: everywhere }), expected, 'byte by byte');
});

t.test('an answer that looks like the last one but is of another length is framed by its own', async (t) => {
  t.same(count(answer('12345') + answer('1234') + answer('12345') + answer('123456')).answers.length, 4);
  t.same(count(answer('12345') + answer('1234')).endsClean, true);
});

t.test('a body that holds a response is not counted as one', async (t) => {
  const nested = answer('inner');
  t.same(count(answer(nested) + answer(nested)).answers, [OK, OK]);
});

t.test('Connection: close and HTTP/1.0 end the connection', async (t) => {
  t.same(count(answer('x', 'Connection: close\r\n')).answers, [[200, false]]);
  t.same(count('HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n').answers, [[200, false]]);
  t.same(count('HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 0\r\n\r\n').answers, [OK]);
});

t.test('an answer without a length counts when the connection closes', async (t) => {
  t.same(count('HTTP/1.1 200 OK\r\n\r\nuntil the end'), { answers: [[200, false]], endsClean: true });
});

t.test('an answer to HEAD has no body whatever it says', async (t) => {
  const head = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n';
  t.same(count(head + head, { isAnswerToHead: true }).answers, [OK, OK]);
});

t.test('an answer cut short is seen', async (t) => {
  for (const stream of [answer('hello').slice(0, -1), 'HTTP/1.1 200 OK\r\nCont', CHUNKED.slice(0, -2)])
    t.same(count(stream), { answers: [], endsClean: false }, stream.slice(-12));
});

t.test('what is no HTTP/1.1 answer throws', async (t) => {
  t.throws(() => count('SSH-2.0-OpenSSH\r\n\r\n'), /not HTTP/);
  t.throws(() => count('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n'), /chunk size/);
  t.throws(() => count('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n'), /longer/);
  t.throws(() => count('a'.repeat(70_000)), /too long/);
});
