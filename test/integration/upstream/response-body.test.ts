// Bodies on their way from the app: held back when nobody takes them.
import t from 'tap';
import { AttemptRecorder, outgoing } from '../../support/attempt-recorder.ts';
import { startRawUpstream } from '../../support/raw-upstream.ts';
import { openEndpoint } from '../../support/upstream-endpoint.ts';

t.test('a reader that pauses holds the app back, and gets every byte', async (t) => {
  const total = 128 << 20;
  const chunk = Buffer.alloc(65_536);
  let written = 0;
  const upstream = await startRawUpstream(t, (socket) => {
    const more = (): void => {
      while (written < total) {
        written += chunk.length;
        if (!socket.write(chunk)) return;
      }
    };
    socket.on('drain', more);
    socket.once('data', () => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${total}\r\n\r\n`);
      more();
    });
  });
  const { endpoint } = openEndpoint(t, upstream.url);
  let highest = 0;
  let pauses = 0;
  const before = process.memoryUsage.rss();
  const sink = new AttemptRecorder();
  sink.onData = (data): void => {
    sink.bodyBytes += data.length;
    highest = Math.max(highest, written - sink.bodyBytes);
    if (++pauses % 64 !== 0) return;
    sink.attempt.pause();
    setTimeout(() => sink.attempt.resume(), 0);
  };
  await sink.opens(endpoint, outgoing()).ended;
  t.equal(sink.bodyBytes, total);
  t.ok(highest < 16 << 20, `${highest >> 10} KiB under way at most`);
  t.ok(process.memoryUsage.rss() - before < 64 << 20, 'and memory stays where it was');
});

t.test(
  'an attempt aborted in the middle of the body is silent from then on, its connection gone',
  async (t) => {
    const upstream = await startRawUpstream(t, (socket) =>
      socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf')),
    );
    const { endpoint, pool } = openEndpoint(t, upstream.url);
    const sink = new AttemptRecorder().opens(endpoint, outgoing());
    await sink.gotBody;
    const [socket] = upstream.sockets;
    const closed = new Promise((resolve) => socket?.once('close', resolve));
    sink.attempt.abort();
    await closed;
    t.strictSame(sink.events, ['head 200']);
    t.match(pool.stats, { open: 0, inFlight: 0 });
    sink.attempt.pause();
    sink.attempt.resume();
    sink.attempt.abort();
  },
);
