// The same edge on a unix socket, which knows no address and no reset.
import { once } from 'node:events';
import { connect } from 'node:net';
import path from 'node:path';
import t, { type Test } from 'tap';
import { createProxy } from '../../../src/app/proxy.ts';
import type { ConfigInput } from '../../../src/config/schema.ts';
import { type ConnectionRefused, silentObserver } from '../../../src/core/observer.ts';
import { startApp } from '../../support/app.ts';
import { makeTestPki } from '../../support/certificates.ts';
import { clientOptions, openClient, readAll } from '../../support/client.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { baseConfig } from '../../support/proxy.ts';
import { closed } from '../../support/raw-client.ts';
import { until } from '../../support/until.ts';

const REQUEST = 'GET / HTTP/1.1\r\nhost: app.sallyport.localhost\r\n\r\n';
const pki = await makeTestPki();

async function start(t: Test, settings: Partial<ConfigInput> = {}) {
  const file = path.join(temporaryFolder(t), 'edge.sock');
  const refused: ConnectionRefused[] = [];
  const routes = [{ from: 'https://app.sallyport.localhost', response: { status: 200, body: 'here' } }];
  const proxy = createProxy(
    { ...baseConfig(pki), address: `unix:${file}`, routes, ...settings },
    { watch: false, observer: { ...silentObserver, connectionRefused: (record) => refused.push(record) } },
  );
  t.teardown(() => proxy.close());
  t.strictSame(await proxy.start(), [{ path: file }]);
  return { proxy, file, refused, client: { ...clientOptions(pki, 0), path: file } };
}

t.test('everybody has the same address there, and nobody is held responsible for it', async (t) => {
  const { proxy, client, refused } = await start(t, { max_connections_per_address: 1 });
  for (let count = 1; count <= 3; count++) {
    const socket = await openClient(t, client);
    socket.write(REQUEST);
    await once(socket, 'data');
    t.equal(proxy.connections, count);
  }
  t.equal(refused.length, 0);
});

t.test('one connection too many is closed, and that is all that happens', async (t) => {
  const { proxy, client, file, refused } = await start(t, { max_connections: 1 });
  const first = await openClient(t, client);
  const surplus = connect({ path: file });
  surplus.on('error', () => {});
  t.equal(await closed(surplus), '');
  t.match(refused, [{ cap: 'connections', remoteAddress: '' }]);
  first.destroy();
  await until(() => proxy.connections === 0);
  const next = await openClient(t, client);
  next.end(REQUEST.replace('\r\n\r\n', '\r\nconnection: close\r\n\r\n'));
  t.match(await readAll(next), /^HTTP\/1\.1 200 /);
});

t.test('closing cuts connections in use', async (t) => {
  const app = await startApp(t, (_, response) => response.write('the first of it, and never the rest'));
  const routes = [{ from: 'https://app.sallyport.localhost', to: app.url }];
  const { proxy, client } = await start(t, { routes });
  const socket = await openClient(t, client);
  socket.write(REQUEST);
  await once(socket, 'data');
  const end = readAll(socket);
  await proxy.close();
  t.notMatch(await end, /\r\n0\r\n\r\n$/, 'without the last chunk');
  t.equal(proxy.connections, 0);
});
