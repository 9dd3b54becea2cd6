// How a tunnel ends: whichever side ends first, what it sent before arrives, and nothing stays open for nobody.
import { once } from 'node:events';
import type { Socket } from 'node:net';
import t from 'tap';
import { startApp } from '../../support/app.ts';
import { closed, clientOptions, openClient, readAll } from '../../support/client.ts';
import { startProxy } from '../../support/proxy.ts';
import { until } from '../../support/until.ts';

const HOST = 'app.sallyport.localhost';
const MIB = 1024 * 1024;
const UPGRADE =
  `GET / HTTP/1.1\r\nHost: ${HOST}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
  'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';
const SWITCH =
  'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
  'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n';

async function openTunnel(t: { teardown(fn: () => unknown): void }, more: object = {}) {
  const app = await startApp(t);
  const routes = [{ from: `https://${HOST}`, to: app.url, allow_websockets: true, ...more }];
  const running = await startProxy(t, { routes });
  const upgraded = once(app.server, 'upgrade') as Promise<[unknown, Socket]>;
  const client = await openClient(t, clientOptions(running.pki, running.port));
  client.write(UPGRADE);
  const [, socket] = await upgraded;
  socket.on('error', () => {});
  socket.write(SWITCH);
  await once(client, 'data');
  return { ...running, client, socket };
}

t.test('what the client sent before its end reaches an app that reads late', async (t) => {
  const { client, socket, exchange } = await openTunnel(t);
  socket.pause();
  client.end(Buffer.alloc(4 * MIB));
  let bytes = 0;
  await new Promise((resolve) => setTimeout(resolve, 300));
  socket.on('data', (chunk: Buffer) => (bytes += chunk.length));
  socket.resume();
  await until(() => bytes === 4 * MIB);
  t.match(await exchange(0), { status: 101, error: undefined });
});

t.test('what the app sent before its end reaches a client that goes on talking', async (t) => {
  const { client, socket, exchange } = await openTunnel(t);
  client.pause();
  const talk = setInterval(() => client.writable && client.write('still here'), 1);
  t.teardown(() => clearInterval(talk));
  socket.end(Buffer.alloc(4 * MIB));
  await new Promise((resolve) => setTimeout(resolve, 300));
  const received = readAll(client);
  client.resume();
  t.equal((await received).length, 4 * MIB);
  await exchange(0);
});

t.test('a client that does not close after the app has is let go', async (t) => {
  const { client, socket, exchange } = await openTunnel(t);
  // It never reads, so it never sees the end.
  client.pause();
  socket.end('bye');
  await exchange(0);
  client.resume();
  await closed(client);
});

t.test('with nothing to pass on for too long it is cut on both sides', async (t) => {
  const { client, socket, exchange } = await openTunnel(t, { websocket_idle_timeout: '150ms' });
  const began = performance.now();
  // One way or the other, each sooner than the time is up.
  client.resume();
  const talk = setInterval(() => (performance.now() - began > 200 ? client : socket).write('x'), 5);
  await until(() => performance.now() - began > 400);
  t.notOk(client.destroyed || socket.destroyed, 'not while there is something');
  clearInterval(talk);
  socket.resume().on('end', () => socket.end());
  await Promise.all([closed(client), closed(socket)]);
  t.match(await exchange(0), { status: 101, error: 'tunnel_idle', disposition: 'abort' });
});

t.test('it lasts no longer than it may, however much is said', async (t) => {
  const { client, socket, exchange } = await openTunnel(t, { websocket_max_duration: '200ms' });
  const talk = setInterval(() => client.writable && client.write('still here'), 1);
  t.teardown(() => clearInterval(talk));
  client.resume();
  socket.resume().on('end', () => socket.end());
  await Promise.all([closed(client), closed(socket)]);
  t.match(await exchange(0), { status: 101, error: 'tunnel_expired' });
});
