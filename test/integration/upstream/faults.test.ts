// What a broken app does to the one exchange it was serving: the right code, what had been sent, and nobody else harmed.
import { once } from 'node:events';
import net from 'node:net';
import { setImmediate } from 'node:timers/promises';
import t from 'tap';
import { AttemptRecorder, outgoing } from '../../support/attempt-recorder.ts';
import { answerEach, startRawUpstream } from '../../support/raw-upstream.ts';
import { openEndpoint } from '../../support/upstream-endpoint.ts';

const GOOD = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood';
const FIELD = 'HTTP/1.1 200 OK\r\nX-A: ';

/** What the app sends -> the code. The connection stays open, so only the bytes can tell. */
const INVALID: Record<string, [answer: string, code: string]> = {
  'no HTTP at all': ['220 mail.example.com ESMTP\r\n\r\n', 'upstream_protocol'],
  'HTTP/0.9': ['<html>hello</html>', 'upstream_protocol'],
  'a bad status line': ['HTTP/1.1 abc OK\r\n\r\n', 'upstream_protocol'],
  'a bad version': ['HTTP/9.9 200 OK\r\n\r\n', 'upstream_protocol'],
  'status 000': ['HTTP/1.1 000 OK\r\nContent-Length: 0\r\n\r\n', 'upstream_protocol'],
  'status 600': ['HTTP/1.1 600 OK\r\nContent-Length: 0\r\n\r\n', 'upstream_protocol'],
  'status 999': ['HTTP/1.1 999 OK\r\nContent-Length: 0\r\n\r\n', 'upstream_protocol'],
  'a status of four digits': ['HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n', 'upstream_protocol'],
  'NUL in a value': [`${FIELD}a\0b\r\nContent-Length: 0\r\n\r\n`, 'upstream_protocol'],
  'CR in a value': [`${FIELD}a\rb\r\nContent-Length: 0\r\n\r\n`, 'upstream_protocol'],
  'a line end without CR': [`${FIELD}a\nX-B: b\r\nContent-Length: 0\r\n\r\n`, 'upstream_protocol'],
  'a folded line': [`${FIELD}a\r\n b\r\nContent-Length: 0\r\n\r\n`, 'upstream_protocol'],
  'a space before the colon': [
    'HTTP/1.1 200 OK\r\nX-A : a\r\nContent-Length: 0\r\n\r\n',
    'upstream_protocol',
  ],
  'two lengths': [
    'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc',
    'upstream_protocol',
  ],
  'the same length twice': [
    'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nab',
    'upstream_protocol',
  ],
  'a list of lengths': ['HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\nab', 'upstream_protocol'],
  'a signed length': ['HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nab', 'upstream_protocol'],
  'a huge length': ['HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\nab', 'upstream_protocol'],
  'length and chunked': [
    'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n',
    'upstream_protocol',
  ],
  'another coding': ['HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nab', 'upstream_protocol'],
  'a coding under chunked': [
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n',
    'upstream_protocol',
  ],
  'chunked twice': [
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    'upstream_protocol',
  ],
  'headers over the limit': [`${FIELD}${'a'.repeat(20_000)}\r\n\r\n`, 'upstream_headers_too_large'],
  'endless headers': [`HTTP/1.1 200 OK\r\n${'X: y\r\n'.repeat(9000)}`, 'upstream_headers_too_large'],
  'an unasked 101': [
    'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n',
    'upstream_upgrade',
  ],
  'a 101 to nothing': ['HTTP/1.1 101 Switching Protocols\r\n\r\n', 'upstream_upgrade'],
  'a 101 to h2c': [
    'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n',
    'upstream_upgrade',
  ],
};

for (const [what, [answer, code]] of Object.entries(INVALID)) {
  t.test(`${what} is ${code}, and the next request is served`, async (t) => {
    let isFirst = true;
    const upstream = await startRawUpstream(
      t,
      answerEach(() => {
        const bytes = isFirst ? answer : GOOD;
        isFirst = false;
        return bytes;
      }),
    );
    const { endpoint, pool } = openEndpoint(t, upstream.url, { maxConnections: 1 });
    const sink = await new AttemptRecorder().opens(endpoint, outgoing()).ended;
    t.strictSame(sink.events, [`error ${code} all`]);
    const next = await new AttemptRecorder().opens(endpoint, outgoing()).ended;
    t.equal(next.body, 'good');
    t.equal(pool.stats.inFlight, 0);
    t.equal(pool.stats.waiting, 0);
  });
}

t.test('a refused connection is unreachable, and nothing was sent', async (t) => {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  server.close();
  await once(server, 'close');
  const { endpoint, pool } = openEndpoint(t, `http://127.0.0.1:${port}`);
  const sink = await new AttemptRecorder().opens(endpoint, outgoing({ method: 'POST', contentLength: 3 }))
    .ended;
  t.strictSame(sink.events, ['error upstream_unreachable none']);
  t.strictSame(pool.stats, { open: 0, inFlight: 0, waiting: 0 });
});

t.test('a socket path that is not there and a name that resolves to nothing are unreachable', async (t) => {
  for (const url of ['unix:/nonexistent/app.sock', 'http://nothing.invalid']) {
    const { endpoint } = openEndpoint(t, url);
    const sink = await new AttemptRecorder().opens(endpoint, outgoing()).ended;
    t.strictSame(sink.events, ['error upstream_unreachable none'], url);
  }
});

for (const [how, cut] of [
  ['closes', (socket: net.Socket) => socket.end()],
  ['resets', (socket: net.Socket) => socket.resetAndDestroy()],
] as const) {
  t.test(`an app that ${how} the connection instead of answering is a reset`, async (t) => {
    const upstream = await startRawUpstream(t, (socket) => socket.once('data', () => cut(socket)));
    const { endpoint } = openEndpoint(t, upstream.url);
    const sink = await new AttemptRecorder().opens(endpoint, outgoing()).ended;
    t.strictSame(sink.events, ['error upstream_reset all']);
    t.equal(upstream.sockets.length, 1, 'and is not asked again');
  });

  t.test(`an app that ${how} in the middle of the head is a reset`, async (t) => {
    const upstream = await startRawUpstream(t, (socket) =>
      socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\nX-A', () => cut(socket))),
    );
    const { endpoint } = openEndpoint(t, upstream.url);
    const sink = await new AttemptRecorder().opens(endpoint, outgoing()).ended;
    t.strictSame(sink.events, ['error upstream_reset all']);
  });

  for (const [framing, head, isCut] of [
    ['a length', 'Content-Length: 10\r\n\r\nhalf', true],
    ['chunks', 'Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n', true],
    ['half a chunk', 'Transfer-Encoding: chunked\r\n\r\n8\r\nhalf', true],
    // Here a close is the proper end, and only a reset is a cut.
    ['the close alone', 'X-A: b\r\n\r\nhalf', how === 'resets'],
  ] as const) {
    t.test(
      `an app that ${how} in a body framed by ${framing} is seen as ${isCut ? 'cut' : 'ended'}`,
      async (t) => {
        const upstream = await startRawUpstream(t, (socket) =>
          socket.once('data', () => socket.write(`HTTP/1.1 200 OK\r\n${head}`)),
        );
        const { endpoint } = openEndpoint(t, upstream.url);
        const sink = new AttemptRecorder().opens(endpoint, outgoing());
        await sink.gotBody;
        for (const socket of upstream.sockets) cut(socket);
        await sink.ended;
        t.strictSame(sink.events, ['head 200', isCut ? 'error upstream_cut all' : 'end']);
        t.equal(sink.body, 'half');
      },
    );
  }
}

t.test('a connection that was closed while idle is noticed, and nothing is sent on it', async (t) => {
  const upstream = await startRawUpstream(t, answerEach(GOOD));
  const { endpoint } = openEndpoint(t, upstream.url);
  await new AttemptRecorder().opens(endpoint, outgoing()).ended;
  const [socket] = upstream.sockets;
  if (socket === undefined) throw new Error('no connection');
  const closed = once(socket, 'close');
  socket.destroy();
  await closed;
  await setImmediate();
  const sink = await new AttemptRecorder().opens(endpoint, outgoing({ method: 'DELETE' })).ended;
  t.equal(sink.body, 'good');
});

t.test('a request on a kept connection that falls over under it is sent once', async (t) => {
  let requests = 0;
  const upstream = await startRawUpstream(t, (socket) =>
    socket.on('data', () => {
      requests++;
      if (requests === 1) socket.write(GOOD);
      else socket.resetAndDestroy();
    }),
  );
  const { endpoint } = openEndpoint(t, upstream.url);
  await new AttemptRecorder().opens(endpoint, outgoing()).ended;
  await setImmediate();
  const sink = await new AttemptRecorder().opens(endpoint, outgoing()).ended;
  t.strictSame(sink.events, ['error upstream_reset all']);
  await setImmediate();
  t.equal(requests, 2);
  t.equal(upstream.sockets.length, 1);
});

t.test('bytes behind a response are dropped with the connection', async (t) => {
  for (const surplus of [GOOD, 'HTTP/1.1 200 OK\r\n', 'garbage', '\0']) {
    const upstream = await startRawUpstream(
      t,
      answerEach((head) =>
        head.startsWith('GET /first') ? `${GOOD}${surplus}` : GOOD.replace('good', 'next'),
      ),
    );
    const { endpoint } = openEndpoint(t, upstream.url, { maxConnections: 1 });
    const first = await new AttemptRecorder().opens(endpoint, outgoing({ target: '/first' })).ended;
    t.strictSame(first.events, ['head 200', 'end']);
    t.equal(first.body, 'good');
    const next = await new AttemptRecorder().opens(endpoint, outgoing({ target: '/next' })).ended;
    t.equal(next.body, 'next');
    t.equal(upstream.sockets.length, 2);
  }
});

t.test('a body behind HEAD, 204 or 304 is dropped with the connection', async (t) => {
  for (const [method, status] of [
    ['HEAD', '200 OK'],
    ['GET', '204 No Content'],
    ['GET', '304 Not Modified'],
  ] as const) {
    const upstream = await startRawUpstream(
      t,
      answerEach((head) =>
        head.includes('/first') ? `HTTP/1.1 ${status}\r\nContent-Length: 5\r\n\r\nstray` : GOOD,
      ),
    );
    // Our own client does not take a 204 that announces a body at all.
    const isRefused = process.env['UPSTREAM_CLIENT'] === 'raw' && status.startsWith('204');
    const { endpoint } = openEndpoint(t, upstream.url, { maxConnections: 1 });
    const first = await new AttemptRecorder().opens(endpoint, outgoing({ method, target: '/first' })).ended;
    t.equal(first.bodyBytes, 0);
    t.equal(first.events.at(-1), isRefused ? 'error upstream_protocol all' : 'end');
    const next = await new AttemptRecorder().opens(endpoint, outgoing()).ended;
    t.equal(next.body, 'good');
    t.equal(upstream.sockets.length, 2);
  }
});

t.test('a malformed request never takes a connection out of service', async (t) => {
  const upstream = await startRawUpstream(t, answerEach(GOOD));
  const { endpoint } = openEndpoint(t, upstream.url, { maxConnections: 2 });
  for (let i = 0; i < 10; i++) {
    const sink = await new AttemptRecorder().opens(endpoint, outgoing({ target: '/a b' })).ended;
    t.strictSame(sink.events, ['error internal none']);
  }
  const sink = await new AttemptRecorder().opens(endpoint, outgoing()).ended;
  t.equal(sink.body, 'good');
});
