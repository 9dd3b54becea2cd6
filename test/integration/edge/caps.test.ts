// How many may come in at once, and that everything that comes in goes out again.
import { readdirSync } from 'node:fs';
import { connect } from 'node:net';
import t, { type Test } from 'tap';
import { startApp } from '../../support/app.ts';
import { catchHello } from '../../support/client-hello.ts';
import { call, clientOptions, openClient } from '../../support/client.ts';
import { baseConfig, startProxy } from '../../support/proxy.ts';
import { closed, dial } from '../../support/raw-client.ts';
import { until } from '../../support/until.ts';

const hello = await catchHello({ servername: 'app.sallyport.localhost' });

async function start(t: Test, settings: Record<string, unknown>) {
  const app = await startApp(t);
  return await startProxy(t, {
    routes: [{ from: 'https://app.sallyport.localhost', to: app.url }],
    ...settings,
  });
}

/** The connection is closed before anything is said on it. */
async function isRefused(t: Test, port: number): Promise<void> {
  const socket = connect({ host: '127.0.0.1', port });
  socket.on('error', () => {});
  t.equal(await closed(socket), '');
}

t.test('no more handshakes at once than allowed', async (t) => {
  const { proxy, port, pki, heard } = await start(t, { max_handshakes: 2 });
  const silent = [await dial(t, port), await dial(t, port)];
  await until(() => proxy.connections === 2);
  await isRefused(t, port);
  t.match(heard.refused, [{ cap: 'handshakes', limit: 2, remoteAddress: '127.0.0.1' }]);
  silent[0]?.destroy();
  await until(() => proxy.connections === 1);
  t.equal((await call(clientOptions(pki, port))).status, 200, 'room again');
  await openClient(t, clientOptions(pki, port, { maxVersion: 'TLSv1.2' }));
  t.equal((await call(clientOptions(pki, port))).status, 200, 'a finished handshake is none');
  t.equal(heard.refused.length, 1);
});

t.test('no more connections at once than allowed', async (t) => {
  const { proxy, port, pki, heard } = await start(t, { max_connections: 2 });
  const first = await openClient(t, clientOptions(pki, port));
  await openClient(t, clientOptions(pki, port));
  await isRefused(t, port);
  t.match(heard.refused, [{ cap: 'connections', limit: 2 }]);
  first.destroy();
  await until(() => proxy.connections === 1);
  t.equal((await call(clientOptions(pki, port))).status, 200);
});

t.test('no more connections from one address than allowed', async (t) => {
  const { proxy, port, pki, heard } = await start(t, { max_connections_per_address: 1 });
  const first = await openClient(t, clientOptions(pki, port));
  await isRefused(t, port);
  t.match(heard.refused, [{ cap: 'connections_per_address', limit: 1 }]);
  const other = await call(clientOptions(pki, port, { localAddress: '127.0.0.2' } as object));
  t.equal(other.status, 200, 'another address is not held responsible');
  first.destroy();
  await until(() => proxy.connections === 0);
  t.equal((await call(clientOptions(pki, port))).status, 200);
});

t.test('an IPv4 client of a socket for both families is written as IPv4', async (t) => {
  const { proxy, port, pki, heard, exchange } = await start(t, {
    address: ':0',
    max_connections_per_address: 1,
  });
  t.equal((await call(clientOptions(pki, port))).status, 200);
  t.equal((await exchange(0)).connection.remoteAddress, '127.0.0.1');
  await until(() => proxy.connections === 0);
  await openClient(t, clientOptions(pki, port));
  await isRefused(t, port);
  t.match(heard.refused, [{ remoteAddress: '127.0.0.1' }]);
});

t.test('a reload changes the caps', async (t) => {
  const { proxy, port, pki, heard } = await start(t, { max_connections: 1 });
  await openClient(t, clientOptions(pki, port));
  await isRefused(t, port);
  const routes = [{ from: 'https://app.sallyport.localhost', response: { status: 204 } }];
  t.match(await proxy.reload('call', { ...baseConfig(pki), routes, max_connections: 2 }), {
    result: 'applied',
  });
  t.equal((await call(clientOptions(pki, port))).status, 204);
  t.equal(heard.refused.length, 1);
});

t.test('after a storm every connection and every descriptor is given back', async (t) => {
  const { proxy, port, pki } = await start(t, { handshake_timeout: '1s' });
  await call(clientOptions(pki, port));
  await until(() => proxy.connections === 0);
  const before = descriptors();
  const stranger = clientOptions(pki, port, { cert: undefined, key: undefined });
  const storm = Array.from({ length: 10 }, async () => {
    const silent = await dial(t, port);
    const half = await dial(t, port);
    half.write(hello.subarray(0, 500));
    const left = await dial(t, port);
    left.end(hello);
    const rude = await dial(t, port);
    rude.write(hello, () => rude.resetAndDestroy());
    const http = await dial(t, port);
    http.end('GET / HTTP/1.0\r\n\r\n');
    const tls12 = await openClient(t, { ...stranger, maxVersion: 'TLSv1.2' });
    tls12.destroy();
    await Promise.all([
      closed(silent),
      closed(half),
      call(stranger).then(({ status }) => t.equal(status, 403)),
      call(clientOptions(pki, port)).then(({ status }) => t.equal(status, 200)),
    ]);
    for (const socket of [silent, half, left, rude, http]) socket.destroy();
  });
  await Promise.all(storm);
  await until(() => proxy.connections === 0);
  // Pooled connections to the app may be more than before, at two descriptors each, since both ends are in here.
  await until(() => descriptors() <= before + 2 * 10);
  t.equal((await call(clientOptions(pki, port))).status, 200);
});

const descriptors = (): number => readdirSync('/proc/self/fd').length;
