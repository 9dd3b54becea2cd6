// The adapter on plain connections: what is sent, what comes back, in what order.
import type net from 'node:net';
import { setImmediate } from 'node:timers/promises';
import t from 'tap';
import { AttemptRecorder, outgoing } from '../../support/attempt-recorder.ts';
import { answerEach, startRawUpstream } from '../../support/raw-upstream.ts';
import { until } from '../../support/until.ts';
import { openEndpoint } from '../../support/upstream-endpoint.ts';

const GOOD = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood';

t.test('a response arrives with its fields as sent, in order, duplicates and all', async (t) => {
  const answer =
    'HTTP/1.1 200 OK\r\nX-A: 1\r\nset-cookie: a\r\nSet-Cookie: b\r\nX-Latin: caf\xe9\r\nX-Empty:\r\nContent-Length: 2\r\n\r\nok';
  const upstream = await startRawUpstream(t, answerEach(answer));
  const { endpoint } = openEndpoint(t, upstream.url);
  const sink = new AttemptRecorder();
  endpoint.open(outgoing(), sink);
  await sink.ended;
  t.strictSame(sink.events, ['head 200', 'end']);
  t.equal(sink.body, 'ok');
  t.equal(
    sink.headers.join('|'),
    'X-A|1|set-cookie|a|Set-Cookie|b|X-Latin|caf\xe9|X-Empty||Content-Length|2',
  );
});

t.test('a request is written with its fields in order and our framing only', async (t) => {
  const heads: string[] = [];
  const upstream = await startRawUpstream(
    t,
    answerEach((head) => {
      heads.push(head);
      return 'HTTP/1.1 204 No Content\r\n\r\n';
    }),
  );
  const { endpoint } = openEndpoint(t, upstream.url);
  const sink = new AttemptRecorder();
  endpoint.open(
    outgoing({ target: '/a?b=c', headers: ['host', 'x.test', 'X-B', '1', 'x-b', 'caf\xe9'] }),
    sink,
  );
  await sink.ended;
  t.equal(sink.status, 204);
  const lines = heads[0]?.split('\r\n').filter((line) => line !== 'connection: keep-alive');
  t.strictSame(lines, ['GET /a?b=c HTTP/1.1', 'host: x.test', 'X-B: 1', 'x-b: caf\xe9']);
});

t.test('requests one after the other use one connection, whatever their Host', async (t) => {
  const upstream = await startRawUpstream(t, answerEach('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'));
  const { endpoint, pool } = openEndpoint(t, upstream.url);
  for (let i = 0; i < 20; i++) {
    const sink = new AttemptRecorder();
    endpoint.open(outgoing({ headers: ['host', `h${i}.test`] }), sink);
    await sink.ended;
    t.equal(sink.status, 200);
    // undici gives a connection back to its pool one turn of the loop after the response.
    await setImmediate();
  }
  t.equal(upstream.sockets.length, 1);
  t.strictSame(pool.stats, { open: 1, inFlight: 0, waiting: 0 });
});

t.test('a fresh request has a connection of its own, closed behind it', async (t) => {
  const heads: string[] = [];
  const upstream = await startRawUpstream(
    t,
    answerEach((head) => {
      heads.push(head);
      return 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n';
    }),
  );
  const { endpoint, pool } = openEndpoint(t, upstream.url);
  for (const isFresh of [false, true]) {
    const sink = new AttemptRecorder();
    endpoint.open(outgoing({ isFresh }), sink);
    await sink.ended;
    t.equal(sink.status, 200);
  }
  t.equal(upstream.sockets.length, 2);
  t.match(heads[1], /connection: close/);
  t.equal(pool.stats.inFlight, 0);
});

t.test('interim responses come through before the head, trailers behind the body', async (t) => {
  const answer =
    'HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n' +
    '2\r\nab\r\n1\r\nc\r\n0\r\nX-Sum: 3\r\n\r\n';
  const upstream = await startRawUpstream(t, answerEach(answer));
  const { endpoint } = openEndpoint(t, upstream.url);
  const sink = new AttemptRecorder();
  endpoint.open(outgoing(), sink);
  await sink.ended;
  t.strictSame(sink.events, ['informational 103', 'head 200', 'end']);
  t.strictSame(sink.informational[0]?.headers, ['Link', '</a.css>']);
  t.equal(sink.body, 'abc');
  t.strictSame(sink.trailers, ['X-Sum', '3']);
});

t.test('a pool that closes serves what was waiting for a connection', async (t) => {
  const asked: net.Socket[] = [];
  const upstream = await startRawUpstream(t, (socket) => {
    answerEach(() => (asked.push(socket) === 1 ? '' : GOOD))(socket);
  });
  const { endpoint, pool } = openEndpoint(t, upstream.url, { maxConnections: 1 });
  const sinks = [1, 2, 3].map(() => new AttemptRecorder().opens(endpoint, outgoing()));
  await until(() => asked.length === 1);
  const closed = pool.close(5000);
  asked[0]?.write(GOOD);
  for (const sink of sinks) t.equal((await sink.ended).body, 'good');
  await closed;
  t.match(pool.stats, { open: 0, inFlight: 0, waiting: 0 });
});
