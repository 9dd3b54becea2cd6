// What a drain and a close do to connections that have not got as far as HTTP, and to whoever listens.
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import t from 'tap';
import { createProxy } from '../../../src/app/proxy.ts';
import { makeTestPki } from '../../support/certificates.ts';
import { catchHello } from '../../support/client-hello.ts';
import { clientOptions, openClient } from '../../support/client.ts';
import { baseConfig, startProxy } from '../../support/proxy.ts';
import { closed, dial } from '../../support/raw-client.ts';
import { until } from '../../support/until.ts';

const routes = [{ from: 'https://app.sallyport.localhost', response: { status: 200, body: 'here' } }];
const hello = await catchHello({ servername: 'app.sallyport.localhost' });

t.test('closing cuts handshakes under way, at once', async (t) => {
  const { proxy, port, heard } = await startProxy(t, { routes });
  const silent = await dial(t, port);
  const half = await dial(t, port);
  half.write(hello.subarray(0, 700));
  const answered = await dial(t, port);
  answered.write(hello);
  await once(answered, 'data');
  await until(() => proxy.connections === 3);
  const ends = [silent, half, answered].map(closed);
  await proxy.close();
  t.equal(proxy.connections, 0);
  await Promise.all(ends);
  t.equal(heard.handshakeFailures.length, 2, 'whoever said something is reported');
});

t.test('a drain waits for a handshake under way, but not for who says nothing', async (t) => {
  const { proxy, port, pki } = await startProxy(t, { routes, drain_timeout: '5s' });
  const silent = await dial(t, port);
  const socket = await dial(t, port);
  socket.write(hello);
  await once(socket, 'data');
  const drained = proxy.drain();
  await closed(silent);
  t.equal(proxy.connections, 1, 'the handshake goes on');
  socket.destroy();
  await drained;
  t.equal(proxy.connections, 0);
  await t.rejects(openClient(t, clientOptions(pki, port)), { code: 'ECONNREFUSED' });
});

t.test('a close during a drain ends both', async (t) => {
  const { proxy, port } = await startProxy(t, { routes, drain_timeout: '1h' });
  const half = await dial(t, port);
  half.write(hello);
  await once(half, 'data');
  const drained = proxy.drain();
  await proxy.close();
  await drained;
  t.equal(proxy.connections, 0);
});

t.test('when one address cannot be listened on, none is', async (t) => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  t.teardown(() => taken.close());
  const free = createServer().listen(0, '127.0.0.1');
  await once(free, 'listening');
  const { port } = free.address() as AddressInfo;
  free.close();
  await once(free, 'close');
  const address = [`127.0.0.1:${port}`, `127.0.0.1:${(taken.address() as AddressInfo).port}`];
  const proxy = createProxy({ ...baseConfig(await makeTestPki()), routes, address }, { watch: false });
  await t.rejects(proxy.start(), { code: 'EADDRINUSE' });
  await t.rejects(dial(t, port), { code: 'ECONNREFUSED' });
});
