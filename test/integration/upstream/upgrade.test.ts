// Switching protocols: the socket is handed over unread, and only for the protocol that was asked for.
import type { Duplex } from 'node:stream';
import { once } from 'node:events';
import t from 'tap';
import { AttemptRecorder, outgoing } from '../../support/attempt-recorder.ts';
import { makeTestPki } from '../../support/certificates.ts';
import { answerEach, startRawUpstream } from '../../support/raw-upstream.ts';
import { openEndpoint } from '../../support/upstream-endpoint.ts';

const SWITCH =
  'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: WebSocket\r\nX-A: b\r\n\r\n';
const WEBSOCKET = outgoing({
  upgrade: 'websocket',
  headers: ['host', 'a.test', 'Sec-WebSocket-Version', '13'],
});

async function read(socket: Duplex): Promise<string> {
  const [chunk] = (await once(socket, 'data')) as [Buffer];
  return chunk.toString();
}

t.test('a 101 hands over the socket with what came behind the head still in it', async (t) => {
  let head = '';
  const upstream = await startRawUpstream(t, (socket) => {
    socket.once('data', (chunk: Buffer) => {
      head = chunk.toString();
      socket.write(`${SWITCH}early`);
      socket.on('data', (data: Buffer) => socket.write(`echo ${data.toString()}`));
    });
  });
  const { endpoint, pool } = openEndpoint(t, upstream.url);
  const sink = await new AttemptRecorder().opens(endpoint, WEBSOCKET).ended;
  t.strictSame(sink.events, ['upgrade']);
  t.match(head, /\r\nconnection: upgrade\r\nupgrade: websocket\r\n/);
  t.strictSame(sink.headers.slice(-2), ['X-A', 'b']);
  const { socket } = sink;
  if (socket === undefined) throw new Error('no socket');
  t.equal(await read(socket), 'early');
  socket.write('hi');
  t.equal(await read(socket), 'echo hi');
  t.match(pool.stats, { inFlight: 0 });
  socket.destroy();
});

t.test('a socket that was handed over speaks mutual TLS in both directions', async (t) => {
  const pki = await makeTestPki();
  const app = { cert: pki.app.certPem, key: pki.app.keyPem, ca: pki.upstreamCa.certPem, requestCert: true };
  const upstream = await startRawUpstream(
    t,
    (socket) => {
      socket.once('data', () => {
        socket.write(SWITCH);
        socket.on('data', (data: Buffer) => socket.write(`echo ${data.toString()}`));
        socket.on('end', () => socket.end('bye'));
      });
    },
    app,
  );
  const ours = { cert: pki.upstreamClient.certPem, key: pki.upstreamClient.keyPem, ca: pki.serverCa.certPem };
  const { endpoint } = openEndpoint(t, upstream.url, { tls: ours });
  const { socket } = await new AttemptRecorder().opens(endpoint, WEBSOCKET).ended;
  if (socket === undefined) throw new Error('no socket');
  socket.write('hi');
  t.equal(await read(socket), 'echo hi');
  socket.end();
  t.equal(await read(socket), 'bye');
  await once(socket, 'close');
});

t.test('an app that refuses the upgrade is answered for like any other', async (t) => {
  const upstream = await startRawUpstream(
    t,
    answerEach('HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno'),
  );
  const { endpoint } = openEndpoint(t, upstream.url);
  const sink = await new AttemptRecorder().opens(endpoint, WEBSOCKET).ended;
  t.strictSame(sink.events, ['head 403', 'end']);
  t.equal(sink.body, 'no');
});

t.test('a switch to another protocol than asked for is refused and its connection cut', async (t) => {
  const upstream = await startRawUpstream(t, answerEach(SWITCH.replace('WebSocket', 'h2c')));
  const { endpoint } = openEndpoint(t, upstream.url);
  const sink = new AttemptRecorder().opens(endpoint, WEBSOCKET);
  await sink.ended;
  t.strictSame(sink.events, ['error upstream_upgrade all']);
  const [socket] = upstream.sockets;
  if (socket?.destroyed === false) await once(socket, 'close');
});

t.test('the next request after an upgrade is served on another connection', async (t) => {
  const upstream = await startRawUpstream(
    t,
    answerEach((head) =>
      head.includes('upgrade: ') ? SWITCH : 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood',
    ),
  );
  const { endpoint } = openEndpoint(t, upstream.url, { maxConnections: 1 });
  const sink = await new AttemptRecorder().opens(endpoint, WEBSOCKET).ended;
  const next = await new AttemptRecorder().opens(endpoint, outgoing()).ended;
  t.equal(next.body, 'good');
  const fresh = await new AttemptRecorder().opens(endpoint, { ...WEBSOCKET, isFresh: true }).ended;
  t.strictSame(fresh.events, ['upgrade']);
  fresh.socket?.destroy();
  sink.socket?.destroy();
});
