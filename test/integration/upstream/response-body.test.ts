// Bodies on their way from the app: held back when nobody takes them.
import type net from 'node:net';
import t from 'tap';
import { AttemptRecorder, outgoing } from '../../support/attempt-recorder.ts';
import { answerEach, startRawUpstream } from '../../support/raw-upstream.ts';
import { openEndpoint } from '../../support/upstream-endpoint.ts';

const CHUNK = Buffer.alloc(65_536);

/** Answers with as many bytes as the path says, as fast as they are taken; `sent` counts them. */
function flood(sent: { bytes: number }): (socket: net.Socket) => void {
  return (socket) => {
    socket.once('data', (head: Buffer) => {
      const total = Number(/\/(\d+)/.exec(head.toString())?.[1]);
      sent.bytes = 0;
      const more = (): void => {
        while (sent.bytes < total) {
          sent.bytes += CHUNK.length;
          if (!socket.write(CHUNK)) return;
        }
      };
      socket.on('drain', more);
      socket.write(`HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: ${total}\r\n\r\n`);
      more();
    });
  };
}

t.test('a reader that pauses holds the app back, and gets every byte', async (t) => {
  const sent = { bytes: 0 };
  const upstream = await startRawUpstream(t, flood(sent));
  const { endpoint } = openEndpoint(t, upstream.url);
  let highest = 0;
  const take = async (total: number): Promise<void> => {
    const sink = new AttemptRecorder();
    let chunks = 0;
    sink.onData = (data): void => {
      sink.bodyBytes += data.length;
      highest = Math.max(highest, sent.bytes - sink.bodyBytes);
      if (++chunks % 16 !== 0) return;
      sink.attempt.pause();
      setImmediate(() => sink.attempt.resume());
    };
    await sink.opens(endpoint, outgoing({ target: `/${total}` })).ended;
    t.equal(sink.bodyBytes, total);
  };
  await take(192 << 20);
  t.ok(highest < 16 << 20, `${highest >> 10} KiB under way at most`);
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

t.test('a pause before the answer holds for its body', async (t) => {
  const upstream = await startRawUpstream(t, answerEach('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood'));
  const { endpoint } = openEndpoint(t, upstream.url);
  const sink = new AttemptRecorder().opens(endpoint, outgoing());
  sink.attempt.pause();
  await sink.headed;
  await new AttemptRecorder().opens(endpoint, outgoing()).ended;
  t.equal(sink.body, '');
  sink.attempt.resume();
  await sink.ended;
  t.equal(sink.body, 'good');
});
