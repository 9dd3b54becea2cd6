import { once } from 'node:events';
import { type AddressInfo, type Socket, connect, createServer } from 'node:net';
import t, { type Test } from 'tap';
import type { ClientHello } from '../../../src/edge/client-hello.ts';
import { type PeekFault, peekClientHello } from '../../../src/edge/peek.ts';
import { catchHello } from '../../support/client-hello.ts';
import { until } from '../../support/until.ts';

const hello = await catchHello({ servername: 'app.sallyport.localhost' });

/** Both ends of a connection, and every result of the peek. */
async function peek(t: Test, maxBytes = 16_384) {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  client.setNoDelay(true);
  client.on('error', () => {});
  const [socket] = (await once(server, 'connection')) as [Socket];
  socket.on('error', () => {});
  t.teardown(() => {
    client.destroy();
    socket.destroy();
    server.close();
  });
  const results: (ClientHello | PeekFault)[] = [];
  peekClientHello(socket, maxBytes, (result) => results.push(result));
  return { client, socket, results };
}

t.test('the hello is told, and every byte is still there to be read', async (t) => {
  const { client, socket, results } = await peek(t);
  const sent = Buffer.concat([hello, Buffer.from('and what follows it')]);
  client.write(sent);
  await until(() => results.length > 0);
  t.match(results, [{ sni: 'app.sallyport.localhost' }]);
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  await until(() => Buffer.concat(chunks).length === sent.length);
  t.strictSame(Buffer.concat(chunks), sent);
  t.equal(results.length, 1, 'told once');
});

t.test('any segments make the same hello', async (t) => {
  for (const size of [1, 2, 3, 64, 1000]) {
    const { client, socket, results } = await peek(t);
    for (let at = 0; at < hello.length; at += size) {
      const seen = socket.bytesRead;
      const piece = hello.subarray(at, at + size);
      client.write(piece);
      if (size >= 64) await until(() => socket.bytesRead === seen + piece.length);
    }
    await until(() => results.length > 0);
    t.match(results, [{ sni: 'app.sallyport.localhost' }], `${size} bytes a segment`);
    t.strictSame(socket.read(), hello);
  }
});

t.test('a hello that is too large is refused as soon as that is known', async (t) => {
  const exact = await peek(t, hello.length);
  exact.client.write(hello);
  await until(() => exact.results.length > 0);
  t.match(exact.results, [{ sni: 'app.sallyport.localhost' }], 'as large as allowed');
  const beyond = await peek(t, hello.length - 1);
  beyond.client.write(hello.subarray(0, 16));
  await until(() => beyond.results.length > 0);
  t.strictSame(beyond.results, ['hello_too_large']);
});

t.test('what is no hello is said to be none', async (t) => {
  for (const [bytes, fault] of [
    ['GET / HTTP/1.1\r\n', 'plain_http'],
    ['SSH-2.0-x', 'not_tls'],
  ] as const) {
    const { client, results } = await peek(t);
    client.write(bytes);
    await until(() => results.length > 0);
    t.strictSame(results, [fault]);
  }
});

t.test('nothing is said of a socket that closes first', async (t) => {
  const { client, socket, results } = await peek(t);
  client.end(hello.subarray(0, 100));
  await once(socket, 'close');
  t.strictSame(results, []);
});
