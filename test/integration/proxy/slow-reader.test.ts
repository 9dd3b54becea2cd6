// A client that takes its answer slowly: it gets all of it, and meanwhile the proxy holds next to nothing.
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import t from 'tap';
import { startApp } from '../../support/app.ts';
import { parseAnswers } from '../../support/answers.ts';
import { clientOptions, openClient } from '../../support/client.ts';
import { startProxy } from '../../support/proxy.ts';

const HOST = 'app.sallyport.localhost';
const MIB = 1024 * 1024;

for (const version of ['HTTP/1.1', 'HTTP/1.0']) {
  t.test(`the last answer of a ${version} connection is whole, however late it is read`, async (t) => {
    const body = Buffer.alloc(1.5 * MIB, 'x');
    const app = await startApp(t, (_, response) => response.end(body));
    const { pki, port } = await startProxy(t, { routes: [{ from: `https://${HOST}`, to: app.url }] });
    const client = await openClient(t, clientOptions(pki, port));
    client.write(`GET / ${version}\r\nHost: ${HOST}\r\nConnection: close\r\n\r\n`);
    const chunks: Buffer[] = [];
    client.on('data', (chunk: Buffer) => chunks.push(chunk));
    await once(client, 'data');
    // Longer than a closing connection is given to say goodbye.
    client.pause();
    await wait(3000);
    client.resume();
    await once(client, 'end');
    const [answer] = parseAnswers(Buffer.concat(chunks).toString('latin1'));
    t.ok(answer?.isWhole);
    t.equal(answer?.body.length, body.length);
  });
}

t.test('the app is made to wait for a client that does not read', async (t) => {
  let written = 0;
  const app = await startApp(t, (_, response) => {
    const more = (): void => {
      while (written < 200 * MIB) {
        written += MIB;
        if (!response.write(Buffer.alloc(MIB))) return void response.once('drain', more);
      }
      response.end();
    };
    more();
  });
  const { pki, port } = await startProxy(t, { routes: [{ from: `https://${HOST}`, to: app.url }] });
  const client = await openClient(t, clientOptions(pki, port));
  let received = 0;
  client.on('data', (chunk: Buffer) => (received += chunk.length));
  client.write(`GET / HTTP/1.1\r\nHost: ${HOST}\r\nConnection: close\r\n\r\n`);
  await once(client, 'data');
  client.pause();
  let before = -1;
  while (before !== written) {
    before = written;
    await wait(300);
  }
  t.ok(written < 60 * MIB, `the app has been let write ${written / MIB} MiB`);
  client.resume();
  await once(client, 'end');
  t.ok(received > 200 * MIB);
});

t.test('a client is made to wait for an app that does not read', async (t) => {
  let arrived = 0;
  const app = await startApp(t, (request, response) => {
    app.server.once('resume', () => {
      request.on('data', (chunk: Buffer) => (arrived += chunk.length));
      request.on('end', () => response.end('done'));
    });
  });
  const { pki, port } = await startProxy(t, { routes: [{ from: `https://${HOST}`, to: app.url }] });
  const client = await openClient(t, clientOptions(pki, port));
  const total = 100 * MIB;
  client.write(`POST / HTTP/1.1\r\nHost: ${HOST}\r\nContent-Length: ${total}\r\n\r\n`);
  let sent = 0;
  const more = (): void => {
    while (sent < total) {
      sent += MIB;
      if (!client.write(Buffer.alloc(MIB))) return void client.once('drain', more);
    }
  };
  more();
  let before = -1;
  while (before !== sent) {
    before = sent;
    await wait(300);
  }
  t.ok(sent < 60 * MIB, `the client has been let send ${sent / MIB} MiB`);
  app.server.emit('resume');
  const [chunk] = (await once(client, 'data')) as [Buffer];
  t.match(chunk.toString(), /done/);
  t.equal(arrived, total);
});
