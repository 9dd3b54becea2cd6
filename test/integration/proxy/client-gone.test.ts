// Clients that go away in the middle: the app is told at once, the log says who left, nothing is held for nobody.
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import t from 'tap';
import { startApp } from '../../support/app.ts';
import { clientOptions, openClient } from '../../support/client.ts';
import { startProxy } from '../../support/proxy.ts';
import { until } from '../../support/until.ts';

const HOST = 'app.sallyport.localhost';

async function setUp(t: { teardown(fn: () => unknown): void }, respond: (response: ServerResponse) => void) {
  let isAborted = false;
  let isComplete = false;
  let bytes = 0;
  const app = await startApp(t, (request: IncomingMessage, response) => {
    request.on('data', (chunk: Buffer) => (bytes += chunk.length));
    request.on('end', () => (isComplete = true));
    response.on('close', () => (isAborted = !response.writableFinished));
    respond(response);
  });
  const running = await startProxy(t, { routes: [{ from: `https://${HOST}`, to: app.url }] });
  const client = await openClient(t, clientOptions(running.pki, running.port));
  return {
    ...running,
    app,
    client,
    isAborted: () => isAborted,
    isComplete: () => isComplete,
    bytes: () => bytes,
  };
}

for (const [what, bytes] of [
  ['a GET', `GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`],
  ['a POST sent whole', `POST / HTTP/1.1\r\nHost: ${HOST}\r\nContent-Length: 5\r\n\r\nhello`],
] as const) {
  for (const how of ['end', 'destroy'] as const) {
    t.test(`a client that leaves (${how}) while ${what} waits for its answer: the app is told`, async (t) => {
      const { client, app, isAborted, exchange } = await setUp(t, () => {});
      client.write(bytes);
      await until(() => app.requests.length === 1);
      client[how]();
      await until(isAborted, 2000);
      t.match(await exchange(0), { status: 0, error: 'client_closed', disposition: 'abort' });
    });
  }
}

t.test('a client that leaves in the middle of a download: the app is told', async (t) => {
  const { client, isAborted, exchange } = await setUp(t, (response) => {
    response.write('x'.repeat(100_000));
  });
  client.write(`GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
  await once(client, 'data');
  client.destroy();
  await until(isAborted, 2000);
  t.match(await exchange(0), { status: 200, error: 'client_closed', disposition: 'abort' });
});

t.test('a client that leaves in the middle of an upload: the app never sees it whole', async (t) => {
  for (const framing of ['Content-Length: 1000', 'Transfer-Encoding: chunked']) {
    const { client, isAborted, isComplete, bytes, exchange } = await setUp(t, () => {});
    const start = framing.startsWith('T') ? '5\r\nhello\r\n' : 'hello';
    client.write(`POST / HTTP/1.1\r\nHost: ${HOST}\r\n${framing}\r\n\r\n${start}`);
    await until(() => bytes() === 5);
    client.end();
    await until(isAborted, 2000);
    t.notOk(isComplete());
    t.match(await exchange(0), { status: 0, error: 'client_closed', bytesIn: 5 });
  }
});

t.test(
  'a client that leaves between pipelined requests leaves one record for each that was begun',
  async (t) => {
    const { client, app, heard, isAborted } = await setUp(t, () => {});
    client.write(`GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`.repeat(3));
    await until(() => app.requests.length === 1);
    client.destroy();
    await until(isAborted);
    await until(() => heard.exchanges.length > 0);
    t.equal(heard.exchanges.length, 1);
  },
);
