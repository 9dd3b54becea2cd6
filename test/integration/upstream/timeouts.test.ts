// Every way of being slow has an end, and being slow within bounds has none.
import { once } from 'node:events';
import type net from 'node:net';
import t from 'tap';
import { AttemptRecorder, outgoing } from '../../support/attempt-recorder.ts';
import { answerEach, startRawUpstream } from '../../support/raw-upstream.ts';
import { openEndpoint } from '../../support/upstream-endpoint.ts';

const GOOD = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood';

/** Writes the pieces one after the other, `everyMs` apart, until they are over or the socket is closed. */
function drip(socket: net.Socket, pieces: Iterable<string>, everyMs: number): void {
  const iterator = pieces[Symbol.iterator]();
  const timer = setInterval(() => {
    const { value, done } = iterator.next();
    if (done === true || socket.destroyed) clearInterval(timer);
    else socket.write(value);
  }, everyMs);
}

t.test('an app that accepts and says nothing is a timeout', async (t) => {
  const upstream = await startRawUpstream(t, (socket) => socket.resume());
  const { endpoint, pool } = openEndpoint(t, upstream.url, { headersMs: 30 });
  const sink = await new AttemptRecorder().opens(endpoint, outgoing()).ended;
  t.strictSame(sink.events, ['error upstream_timeout all']);
  t.equal(pool.stats.inFlight, 0);
});

t.test('a head that drips is a timeout all the same, interim responses or not', async (t) => {
  for (const piece of ['HTTP/1.1 200 OK\r\n', 'HTTP/1.1 103 Early Hints\r\n\r\n']) {
    const pieces = [piece, ...Array<string>(1000).fill(piece.includes('103') ? piece : 'X: y\r\n')];
    const upstream = await startRawUpstream(t, (socket) =>
      socket.once('data', () => drip(socket, pieces, 20)),
    );
    const { endpoint } = openEndpoint(t, upstream.url, { headersMs: 80 });
    const sink = await new AttemptRecorder().opens(endpoint, outgoing()).ended;
    t.equal(sink.events.at(-1), 'error upstream_timeout all');
  }
});

t.test('a body that stops is stalled; one that flows slowly is not', async (t) => {
  const head = 'HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n';
  const stalling = await startRawUpstream(t, answerEach(`${head}half`));
  const { endpoint } = openEndpoint(t, stalling.url, { idleMs: 60 });
  const sink = await new AttemptRecorder().opens(endpoint, outgoing()).ended;
  t.strictSame(sink.events, ['head 200', 'error upstream_stalled all']);

  const slow = await startRawUpstream(t, (socket) =>
    socket.once('data', () => {
      socket.write(head);
      drip(socket, 'slowness', 20);
    }),
  );
  const patient = openEndpoint(t, slow.url, { idleMs: 120, headersMs: 60 }).endpoint;
  const other = await new AttemptRecorder().opens(patient, outgoing()).ended;
  t.strictSame(other.events, ['head 200', 'end']);
  t.equal(other.body, 'slowness');
});

t.test('a body that we pause does not count as stalled', async (t) => {
  const upstream = await startRawUpstream(
    t,
    answerEach('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n'),
  );
  const { endpoint } = openEndpoint(t, upstream.url, { idleMs: 40 });
  const sink = new AttemptRecorder();
  sink.onHead = (status, headers): void => {
    AttemptRecorder.prototype.onHead.call(sink, status, headers);
    sink.attempt.pause();
  };
  sink.opens(endpoint, outgoing());
  await sink.headed;
  for (let i = 0; i < 2; i++) {
    const other = await new AttemptRecorder().opens(endpoint, outgoing()).ended;
    t.strictSame(other.events, ['head 200', 'error upstream_stalled all'], 'one that is not paused is');
  }
  t.strictSame(sink.events, ['head 200']);
  for (const socket of upstream.sockets.slice(0, 1)) socket.write('4\r\nmore\r\n0\r\n\r\n');
  sink.attempt.resume();
  await sink.ended;
  t.equal(sink.body, 'halfmore');
});

t.test('no limit is no limit', async (t) => {
  const upstream = await startRawUpstream(t, (socket) =>
    socket.once('data', () =>
      drip(socket, ['HTTP/1.1 200 OK\r\n', 'Content-Length: 2\r\n\r\n', 'o', 'k'], 20),
    ),
  );
  const { endpoint } = openEndpoint(t, upstream.url, { headersMs: 0, idleMs: 0, waitMs: 0 });
  const sink = await new AttemptRecorder().opens(endpoint, outgoing()).ended;
  t.equal(sink.body, 'ok');
});

t.test('a handshake that hangs is a connect timeout', async (t) => {
  const silent = await startRawUpstream(t, (socket) => socket.resume());
  const url = silent.url.replace('http:', 'https:');
  const { endpoint, pool } = openEndpoint(t, url, { connectTimeoutMs: 30 });
  const sink = await new AttemptRecorder().opens(endpoint, outgoing({ method: 'POST', contentLength: 1 }))
    .ended;
  t.strictSame(sink.events, ['error upstream_connect_timeout none']);
  t.equal(pool.stats.inFlight, 0);
});

t.test('a request that gets no connection in time is told so, and the pool recovers', async (t) => {
  const answers: (() => void)[] = [];
  const upstream = await startRawUpstream(t, (socket) =>
    socket.on('data', () => answers.push(() => socket.write(GOOD))),
  );
  const { endpoint, pool } = openEndpoint(t, upstream.url, { maxConnections: 1, waitMs: 40 });
  const first = new AttemptRecorder().opens(endpoint, outgoing());
  const second = await new AttemptRecorder().opens(endpoint, outgoing()).ended;
  t.strictSame(second.events, ['error upstream_unavailable none']);
  for (const answer of answers.splice(0)) answer();
  await first.ended;
  t.equal(first.body, 'good');
  const third = new AttemptRecorder().opens(endpoint, outgoing());
  const [socket] = upstream.sockets;
  if (socket === undefined) throw new Error('no connection');
  await once(socket, 'data');
  for (const answer of answers.splice(0)) answer();
  t.equal((await third.ended).body, 'good', 'on the connection that the late one did not cost');
  t.equal(upstream.sockets.length, 1);
  t.match(pool.stats, { inFlight: 0, waiting: 0 });
});

t.test('the line of waiting requests has an end', async (t) => {
  const upstream = await startRawUpstream(t, (socket) => socket.resume());
  const { endpoint } = openEndpoint(t, upstream.url, {
    maxConnections: 1,
    pipelining: 1,
    maxWaiting: 2,
    waitMs: 1000,
  });
  const sinks = Array.from({ length: 3 }, () => new AttemptRecorder().opens(endpoint, outgoing()));
  const last = sinks.at(-1);
  await last?.ended;
  t.strictSame(last?.events, ['error upstream_unavailable none']);
  t.strictSame(
    sinks.slice(0, 2).flatMap(({ events }) => events),
    [],
  );
});

t.test('an app that takes none of the request body is a timeout', async (t) => {
  const upstream = await startRawUpstream(t, (socket) => socket.pause());
  const { endpoint } = openEndpoint(t, upstream.url, { idleMs: 80 });
  const sink = new AttemptRecorder().opens(endpoint, outgoing({ method: 'POST', contentLength: undefined }));
  const chunk = Buffer.alloc(1 << 20);
  sink.onDrain = (): void => {
    while (sink.attempt.write(chunk) && sink.error === undefined);
  };
  sink.onDrain();
  await sink.ended;
  t.strictSame(sink.events, ['error upstream_timeout partial']);
});
