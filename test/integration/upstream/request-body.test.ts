// Bodies on their way to the app: framed anew, never complete unless they are, and never more in memory than in flight.
import { once } from 'node:events';
import type net from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import t from 'tap';
import { AttemptRecorder, outgoing } from '../../support/attempt-recorder.ts';
import { type RawUpstream, answerEach, startRawUpstream } from '../../support/raw-upstream.ts';
import { openEndpoint } from '../../support/upstream-endpoint.ts';

const GOOD = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood';

/** Collects what arrives and answers once it ends like this. */
function answerAfter(seen: { text: string }, end: string): (socket: net.Socket) => void {
  return (socket) => {
    socket.on('data', (chunk: Buffer) => {
      seen.text += chunk.toString('latin1');
      if (seen.text.endsWith(end)) socket.write(GOOD);
    });
  };
}

async function firstSocket(upstream: RawUpstream): Promise<net.Socket> {
  for (;;) {
    const [socket] = upstream.sockets;
    if (socket !== undefined) return socket;
    await nextTurn();
  }
}

t.test('a body of known length goes out with that length and nothing else', async (t) => {
  const seen = { text: '' };
  const upstream = await startRawUpstream(t, answerAfter(seen, 'hello'));
  const { endpoint } = openEndpoint(t, upstream.url);
  for (const method of ['POST', 'DELETE', 'GET']) {
    seen.text = '';
    const sink = new AttemptRecorder().opens(endpoint, outgoing({ method, contentLength: 5 }));
    sink.attempt.write(Buffer.from('he'));
    sink.attempt.write(Buffer.from('llo'));
    sink.attempt.end();
    await sink.ended;
    t.equal(sink.body, 'good', method);
    t.match(seen.text, /\r\ncontent-length: 5\r\n\r\nhello$/);
    t.notMatch(seen.text, /transfer-encoding/);
  }
});

t.test('a body of unknown length goes out chunked, without trailers', async (t) => {
  const seen = { text: '' };
  const upstream = await startRawUpstream(t, answerAfter(seen, '0\r\n\r\n'));
  const { endpoint } = openEndpoint(t, upstream.url);
  const sink = new AttemptRecorder().opens(endpoint, outgoing({ method: 'POST', contentLength: undefined }));
  sink.attempt.write(Buffer.from('hel'));
  sink.attempt.write(Buffer.from('lo'));
  sink.attempt.end(['X-Sum', '5']);
  await sink.ended;
  t.equal(sink.body, 'good');
  t.match(seen.text, /\r\ntransfer-encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n$/);
});

t.test('a POST without a body says so', async (t) => {
  const seen = { text: '' };
  const upstream = await startRawUpstream(t, answerAfter(seen, '\r\n\r\n'));
  const { endpoint } = openEndpoint(t, upstream.url);
  const sink = await new AttemptRecorder().opens(endpoint, outgoing({ method: 'POST' })).ended;
  t.equal(sink.body, 'good');
  t.match(seen.text, /\r\ncontent-length: 0\r\n/);
});

for (const contentLength of [10, undefined]) {
  t.test(
    `a body cut short is never complete to the app (length ${contentLength ?? 'unknown'})`,
    async (t) => {
      const seen = { text: '' };
      const upstream = await startRawUpstream(t, answerAfter(seen, 'never'));
      const { endpoint, pool } = openEndpoint(t, upstream.url);
      const sink = new AttemptRecorder().opens(endpoint, outgoing({ method: 'POST', contentLength }));
      sink.attempt.write(Buffer.from('hello'));
      const socket = await firstSocket(upstream);
      await once(socket, 'data');
      const closed = once(socket, 'close');
      sink.attempt.abort();
      await closed;
      t.match(seen.text, /hello/);
      t.notMatch(seen.text, /0\r\n\r\n$/);
      t.strictSame(sink.events, [], 'and the one who aborted hears nothing');
      t.match(pool.stats, { inFlight: 0, waiting: 0 });
    },
  );
}

t.test('a body longer or shorter than announced fails, and the app never sees it complete', async (t) => {
  for (const [text, hasHead] of [
    ['', false],
    ['abc', true],
    ['abcdef', false],
  ] as const) {
    const seen = { text: '' };
    const upstream = await startRawUpstream(t, answerAfter(seen, 'never'));
    const { endpoint, pool } = openEndpoint(t, upstream.url);
    const sink = new AttemptRecorder().opens(endpoint, outgoing({ method: 'POST', contentLength: 5 }));
    const socket = await firstSocket(upstream);
    const closed = once(socket, 'close');
    if (text !== '') sink.attempt.write(Buffer.from(text));
    if (hasHead) await once(socket, 'data');
    sink.attempt.end();
    await sink.ended;
    // A connection on which nothing had left may live on.
    if (sink.sent === 'none') await pool.close(0);
    await closed;
    t.match(sink.events, [/^error internal (none|partial)$/]);
    t.notMatch(seen.text, /content-length: 0/);
    t.equal(seen.text.endsWith('abc'), hasHead);
  }
});

t.test('a request given up while it waits costs nobody a connection', async (t) => {
  const upstream = await startRawUpstream(t, answerEach(GOOD));
  const { endpoint, pool } = openEndpoint(t, upstream.url, { maxConnections: 1 });
  const first = new AttemptRecorder().opens(endpoint, outgoing());
  const second = new AttemptRecorder().opens(endpoint, outgoing({ method: 'POST', contentLength: 3 }));
  const third = new AttemptRecorder().opens(endpoint, outgoing());
  second.attempt.write(Buffer.from('abc'));
  second.attempt.abort();
  await Promise.all([first.ended, third.ended]);
  t.equal(first.body + third.body, 'goodgood');
  t.strictSame(second.events, []);
  t.equal(upstream.sockets.length, 1);
  t.match(pool.stats, { inFlight: 0, waiting: 0 });
});

t.test(
  'an answer before the end of the body is delivered, and what comes later of the body is dropped',
  async (t) => {
    const upstream = await startRawUpstream(t, (socket) => socket.once('data', () => socket.write(GOOD)));
    const { endpoint } = openEndpoint(t, upstream.url);
    const sink = new AttemptRecorder().opens(
      endpoint,
      outgoing({ method: 'POST', contentLength: undefined }),
    );
    sink.attempt.write(Buffer.from('a'));
    await sink.ended;
    t.strictSame(sink.events, ['head 200', 'end']);
    t.equal(sink.attempt.write(Buffer.from('b')), true);
    sink.attempt.end();
    const next = await new AttemptRecorder().opens(endpoint, outgoing()).ended;
    t.equal(next.body, 'good');
    t.equal(upstream.sockets.length, 2, 'on another connection');
  },
);

t.test('what had been sent is told: nothing, a part, all', async (t) => {
  const upstream = await startRawUpstream(t, (socket) => socket.once('data', () => socket.resetAndDestroy()));
  const { endpoint } = openEndpoint(t, upstream.url);
  const partial = new AttemptRecorder().opens(endpoint, outgoing({ method: 'POST', contentLength: 9 }));
  partial.attempt.write(Buffer.from('some'));
  await partial.ended;
  t.strictSame(partial.events, ['error upstream_reset partial']);
  const all = new AttemptRecorder().opens(endpoint, outgoing({ method: 'POST', contentLength: 4 }));
  all.attempt.write(Buffer.from('some'));
  all.attempt.end();
  await all.ended;
  t.strictSame(all.events, ['error upstream_reset all']);
  t.equal(upstream.sockets.length, 2, 'and nothing is sent twice');
});

t.test('an app that takes the body slowly holds the sender back', async (t) => {
  const total = 128 << 20;
  let received = 0;
  const upstream = await startRawUpstream(t, (socket) => {
    socket.on('data', (chunk: Buffer) => {
      received += chunk.length;
      socket.pause();
      setImmediate(() => socket.resume());
      if (received > total) socket.write(GOOD);
    });
  });
  const { endpoint } = openEndpoint(t, upstream.url);
  const sink = new AttemptRecorder();
  const chunk = Buffer.alloc(65_536);
  let written = 0;
  let highest = 0;
  sink.onDrain = (): void => {
    while (written < total) {
      written += chunk.length;
      highest = Math.max(highest, written - received);
      if (!sink.attempt.write(chunk)) return;
    }
    sink.attempt.end();
  };
  sink.opens(endpoint, outgoing({ method: 'POST', contentLength: total }));
  sink.onDrain();
  await sink.ended;
  t.equal(sink.body, 'good');
  t.ok(highest < 16 << 20, `${highest >> 10} KiB under way at most`);
});
