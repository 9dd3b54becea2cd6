// Clients that stop, drip or talk nonsense before there is a TLS connection.
import { once } from 'node:events';
import t, { type Test } from 'tap';
import { startApp } from '../../support/app.ts';
import { catchHello, inRecords, messageOf } from '../../support/client-hello.ts';
import { call, clientOptions, openClient } from '../../support/client.ts';
import { type RunningProxy, startProxy } from '../../support/proxy.ts';
import { closed, dial } from '../../support/raw-client.ts';
import { until } from '../../support/until.ts';

const FROM = 'https://app.sallyport.localhost';
const hello = await catchHello({ servername: 'app.sallyport.localhost' });

async function start(t: Test, settings: Record<string, unknown> = {}) {
  const app = await startApp(t);
  const proxy = await startProxy(t, {
    routes: [{ from: FROM, to: app.url }],
    handshake_timeout: '200ms',
    ...settings,
  });
  return { ...proxy, app };
}

/** All that comes until the proxy closes. */
async function answerTo(t: Test, port: number, ...pieces: readonly (string | Buffer)[]): Promise<string> {
  const socket = await dial(t, port);
  for (const piece of pieces) socket.write(piece);
  return await closed(socket);
}

async function isWell(t: Test, { port, pki }: RunningProxy): Promise<void> {
  const began = performance.now();
  const answer = await call(clientOptions(pki, port));
  t.equal(answer.status, 200, 'the next good request is answered');
  t.ok(performance.now() - began < 1000, 'in less than a second');
}

t.test('plain HTTP on the TLS port is answered with 400, and closed', async (t) => {
  const proxy = await start(t);
  const answer = await answerTo(t, proxy.port, 'GET / HTTP/1.1\r\nhost: app.sallyport.localhost\r\n\r\n');
  const [head = '', body = ''] = answer.split('\r\n\r\n');
  t.match(head, /^HTTP\/1\.1 400 Bad Request\r\n/);
  t.match(head, /\r\nconnection: close(\r\n|$)/);
  t.match(head, new RegExp(`\r\ncontent-length: ${body.length}(\r\n|$)`));
  t.match(body, /https/);
  t.match(proxy.heard.handshakeFailures, [{ phase: 'peek', reason: 'plain_http', sni: undefined }]);
  t.equal(proxy.app.requests.length, 0);
  await isWell(t, proxy);
});

t.test('what is no ClientHello is closed at once, without a word', async (t) => {
  const proxy = await start(t);
  const noise: Record<string, readonly (string | Buffer)[]> = {
    not_tls: ['SSH-2.0-OpenSSH_9.2\r\n'],
    // SSLv2: a two-byte length with the top bit set, then CLIENT-HELLO.
    'not_tls ': [Buffer.from('802e0100020015000000100100800300800700c0', 'hex')],
    'not_tls  ': [Buffer.alloc(4096, 0xff)],
    malformed_hello: [Buffer.from('1603010000', 'hex')],
    'malformed_hello ': [Buffer.from('16030100040200ffff', 'hex')],
    hello_too_large: [Buffer.from('16030100040100ffff', 'hex')],
  };
  for (const [reason, pieces] of Object.entries(noise)) {
    const began = performance.now();
    t.equal(await answerTo(t, proxy.port, ...pieces), '');
    t.ok(performance.now() - began < 150, 'before any timeout');
    t.match(proxy.heard.handshakeFailures.at(-1), { phase: 'peek', reason: reason.trim() });
  }
  t.equal(proxy.heard.handshakeFailures.length, Object.keys(noise).length, 'each is reported once');
  await isWell(t, proxy);
});

t.test('a hello that is longer than allowed is refused before it has arrived', async (t) => {
  const proxy = await start(t, { max_client_hello_bytes: 1024 });
  t.equal(await answerTo(t, proxy.port, hello.subarray(0, 100)), '');
  t.match(proxy.heard.handshakeFailures, [{ phase: 'peek', reason: 'hello_too_large' }]);
});

t.test('whoever does not finish the handshake in time is closed', async (t) => {
  const proxy = await start(t);
  const cases: Record<string, readonly Buffer[]> = {
    'silent TCP': [],
    'half a hello': [hello.subarray(0, 700)],
    'a hello, and nothing after the answer': [hello],
  };
  for (const [what, pieces] of Object.entries(cases)) {
    const began = performance.now();
    await answerTo(t, proxy.port, ...pieces);
    const took = performance.now() - began;
    t.ok(took >= 150 && took < 1000, `${what}: closed after ${Math.round(took)} ms`);
  }
  t.match(proxy.heard.handshakeFailures, [
    { phase: 'peek', reason: 'timeout' },
    { phase: 'peek', reason: 'timeout' },
    { phase: 'tls', reason: 'timeout' },
  ]);
  await isWell(t, proxy);
});

t.test('a timeout after a hello without a name is one of TLS', async (t) => {
  const proxy = await start(t);
  await answerTo(t, proxy.port, await catchHello({}));
  t.match(proxy.heard.handshakeFailures, [{ phase: 'tls', reason: 'timeout', sni: undefined }]);
});

t.test('a hello that drips does not win time', async (t) => {
  const proxy = await start(t);
  const socket = await dial(t, proxy.port);
  const began = performance.now();
  const drip = setInterval(() => socket.write(Buffer.from([22, 3, 1, 0, 1, 1])), 10);
  await closed(socket);
  clearInterval(drip);
  t.ok(performance.now() - began < 1000);
  await until(() => proxy.heard.handshakeFailures.length === 1);
  await isWell(t, proxy);
});

t.test('a hello in one-byte records and tiny segments is a hello', async (t) => {
  const proxy = await start(t, { handshake_timeout: '5s' });
  const socket = await dial(t, proxy.port);
  socket.setNoDelay(true);
  const bytes = inRecords(messageOf(hello), 1);
  for (let at = 0; at < bytes.length; at += 7) socket.write(bytes.subarray(at, at + 7));
  const [answer] = (await once(socket, 'data')) as [Buffer];
  t.equal(answer[0], 22, 'a ServerHello');
  t.equal(answer[5], 2);
});

t.test("a jump of the system's clock is nobody's timeout", async (t) => {
  let now = Date.now();
  const clock = { now: () => now };
  const app = await startApp(t);
  const { port, pki, heard } = await startProxy(
    t,
    { routes: [{ from: FROM, to: app.url }], handshake_timeout: '300ms', timeout_idle: '1m' },
    { clock },
  );
  const idle = await openClient(t, clientOptions(pki, port));
  const silent = await dial(t, port);
  silent.write(hello.subarray(0, 100));
  now += 3_600_000;
  await closed(silent);
  t.match(heard.handshakeFailures, [{ reason: 'timeout', time: now }], 'in its own time');
  idle.write('GET / HTTP/1.1\r\nhost: app.sallyport.localhost\r\n\r\n');
  const [answer] = (await once(idle, 'data')) as [Buffer];
  t.match(answer.toString(), /^HTTP\/1\.1 200 /, 'who was idle is not cut');
  now -= 7_200_000;
  const late = await dial(t, port);
  late.write(hello.subarray(0, 100));
  await closed(late);
  t.equal(heard.handshakeFailures.length, 2, 'and a step back stops no deadline');
});

t.test('a client that leaves in the middle is reported once, one that said nothing is not', async (t) => {
  const proxy = await start(t, { handshake_timeout: '5s' });
  const silent = await dial(t, proxy.port);
  await until(() => proxy.proxy.connections === 1);
  silent.end();
  await closed(silent);
  const half = await dial(t, proxy.port);
  half.end(hello.subarray(0, 700));
  await closed(half);
  await until(() => proxy.proxy.connections === 0);
  t.match(proxy.heard.handshakeFailures, [{ phase: 'peek', reason: 'client_closed' }]);
  t.equal(proxy.heard.handshakeFailures.length, 1);
});
