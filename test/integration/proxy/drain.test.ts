// Stopping: what is in flight finishes and says so, nothing new begins, and nobody can hold the end up for longer than
// the deadline.
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import net from 'node:net';
import t from 'tap';
import { startApp } from '../../support/app.ts';
import { parseAnswers } from '../../support/answers.ts';
import { call, closed, clientOptions, openClient, readAll } from '../../support/client.ts';
import { startProxy } from '../../support/proxy.ts';
import { until } from '../../support/until.ts';

const HOST = 'app.sallyport.localhost';
const GET = `GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`;

interface Teardown {
  teardown(fn: () => unknown): void;
}

async function setUp(t: Teardown, drain_timeout = '5s') {
  const held: ServerResponse[] = [];
  const app = await startApp(t, (request, response) => {
    if (request.url === '/') held.push(response);
    else response.end('now');
  });
  const routes = [{ from: `https://${HOST}`, to: app.url }];
  const running = await startProxy(t, { routes, drain_timeout });
  const options = clientOptions(running.pki, running.port);
  return { ...running, app, options, held };
}

t.test('a drain lets an answer in flight finish, with Connection: close', async (t) => {
  const { proxy, options, held, exchange } = await setUp(t);
  const client = await openClient(t, options);
  client.write(GET);
  await until(() => held.length === 1);
  const drained = proxy.drain();
  held[0]?.end('late');
  t.match(parseAnswers(await readAll(client)), [
    { status: 200, body: 'late', headers: { connection: 'close' } },
  ]);
  await drained;
  t.match(await exchange(0), { status: 200, error: undefined });
});

t.test('a drain closes idle connections and refuses new ones', async (t) => {
  const { proxy, options, held, port } = await setUp(t);
  const busy = await openClient(t, options);
  busy.write(GET);
  await until(() => held.length === 1);
  const idle = await openClient(t, options);
  const served = await openClient(t, options);
  served.write(GET.replace('/', '/now'));
  await once(served, 'data');
  const drained = proxy.drain();
  await Promise.all([readAll(idle), readAll(served)]);
  const late = net.connect(port, '127.0.0.1');
  const [error] = (await once(late, 'error')) as [NodeJS.ErrnoException];
  t.equal(error.code, 'ECONNREFUSED');
  held[0]?.end('late');
  await drained;
});

t.test('a drain cuts what is not done at its deadline', async (t) => {
  const { proxy, options, held, exchange } = await setUp(t, '200ms');
  const client = await openClient(t, options);
  client.write(GET);
  await until(() => held.length === 1);
  held[0]?.write('begun');
  await once(client, 'data');
  const received = readAll(client);
  await proxy.drain();
  t.notMatch(await received, /\r\n0\r\n\r\n$/);
  t.match(await exchange(0), { disposition: 'abort' });
});

t.test('a close while it drains ends the drain at once', async (t) => {
  const { proxy, options, held } = await setUp(t, '60s');
  const client = await openClient(t, options);
  client.write(GET);
  await until(() => held.length === 1);
  const drained = proxy.drain();
  await proxy.close();
  await Promise.all([drained, closed(client)]);
});

t.test('a close cuts connections that are still in their handshake', async (t) => {
  const { proxy, options, port } = await setUp(t);
  const silent = net.connect(port, '127.0.0.1');
  t.teardown(() => silent.destroy());
  silent.on('error', () => {});
  await once(silent, 'connect');
  silent.write(Buffer.from([22, 3, 1, 0, 100]));
  t.equal((await call(options, { path: '/now' })).status, 200, 'it has been accepted by now');
  const began = performance.now();
  await proxy.close();
  await closed(silent);
  t.ok(performance.now() - began < 1000);
});
