// Many requests at once to an app that misbehaves in every way, some given up: each has one end, and nothing is left.
import type net from 'node:net';
import t from 'tap';
import { AttemptRecorder, outgoing } from '../../support/attempt-recorder.ts';
import { startRawUpstream } from '../../support/raw-upstream.ts';
import { openEndpoint } from '../../support/upstream-endpoint.ts';

const GOOD = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood';

/** What the app does with a request, by the digit in its path. */
const MOODS: readonly ((socket: net.Socket) => void)[] = [
  (socket) => socket.write(GOOD),
  (socket) => socket.write(GOOD + GOOD),
  (socket) => socket.end(GOOD),
  (socket) => socket.end(),
  (socket) => socket.resetAndDestroy(),
  (socket) => socket.write('nonsense\r\n\r\n'),
  (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\ngood'),
  (socket) => socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\ngood\r\n0\r\n\r\n'),
];

/** How often the sink was told of an end. */
const ends = ({ events }: AttemptRecorder): number =>
  events.filter((event) => !event.startsWith('head')).length;

t.test('after a storm every request has one end, every connection is accounted for', async (t) => {
  const upstream = await startRawUpstream(t, (socket) => {
    socket.on('data', (chunk: Buffer) => {
      const mood = /^\w+ \/(\d)/.exec(chunk.toString('latin1'))?.[1];
      if (mood !== undefined) MOODS[Number(mood)]?.(socket);
    });
  });
  const { endpoint, pool } = openEndpoint(t, upstream.url, { maxConnections: 7, maxWaiting: 1000 });
  const kept: AttemptRecorder[] = [];
  const dropped: AttemptRecorder[] = [];
  for (let i = 0; i < 600; i++) {
    const hasBody = i % 5 === 0;
    const sink = new AttemptRecorder().opens(
      endpoint,
      outgoing({
        method: hasBody ? 'POST' : 'GET',
        target: `/${i % MOODS.length}`,
        contentLength: hasBody ? 3 : 0,
        isFresh: i % 11 === 0,
      }),
    );
    if (hasBody) {
      sink.attempt.write(Buffer.from('abc'));
      sink.attempt.end();
    }
    (i % 7 === 0 ? dropped : kept).push(sink);
  }
  for (const [index, sink] of dropped.entries()) {
    if (index % 2 === 0) sink.attempt.abort();
    else setImmediate(() => sink.attempt.abort());
  }
  await Promise.all(kept.map(({ ended }) => ended));
  t.ok(
    kept.every((sink) => ends(sink) === 1),
    'one end each',
  );
  t.ok(
    dropped.every((sink) => ends(sink) <= 1),
    'and at most one where it was given up',
  );
  const goodOnes = kept.filter(({ events }) => events.at(-1) === 'end');
  t.ok(goodOnes.length > 200 && goodOnes.every(({ body }) => body === 'good'), 'no answer is another one');
  const last = await new AttemptRecorder().opens(endpoint, outgoing({ target: '/0' })).ended;
  t.equal(last.body, 'good');
  t.match(pool.stats, { inFlight: 0, waiting: 0 });
  t.ok(pool.stats.open <= 7);
});
