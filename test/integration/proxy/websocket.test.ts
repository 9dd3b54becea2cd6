// WebSockets through both mTLS legs, by a client and a server of others' making.
import { once } from 'node:events';
import type { Socket } from 'node:net';
import t from 'tap';
import { WebSocket, WebSocketServer } from 'ws';
import { startApp } from '../../support/app.ts';
import { parseAnswers } from '../../support/answers.ts';
import { clientOptions, openClient } from '../../support/client.ts';
import { startProxy } from '../../support/proxy.ts';
import { until } from '../../support/until.ts';

const HOST = 'app.sallyport.localhost';
const UPGRADE =
  `GET /ws HTTP/1.1\r\nHost: ${HOST}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
  'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';

interface Teardown {
  teardown(fn: () => unknown): void;
}

async function setUp(t: Teardown, allow_websockets = true) {
  const app = await startApp(t);
  const server = new WebSocketServer({ noServer: true });
  app.server.on('upgrade', (request, socket, head) => {
    server.handleUpgrade(request, socket, head, (peer) => {
      peer.on('message', (data, isBinary) => peer.send(data, { binary: isBinary }));
      peer.on('error', () => {});
      server.emit('connection', peer, request);
    });
  });
  const routes = [{ from: `https://${HOST}`, to: app.url, allow_websockets }];
  const running = await startProxy(t, { routes });
  const options = clientOptions(running.pki, running.port);
  const open = (): WebSocket => {
    const client = new WebSocket(`wss://127.0.0.1:${running.port}/ws`, {
      ...(options as object),
      headers: { host: HOST },
    });
    t.teardown(() => client.terminate());
    return client;
  };
  return { ...running, app, server, options, open };
}

t.test('messages go both ways, small and large, and the app is told who it is', async (t) => {
  const { server, open } = await setUp(t);
  const client = open();
  const [, request] = await once(server, 'connection');
  t.match(request.headers['x-forwarded-client-cert'], /^Hash=/);
  await once(client, 'open');
  for (const bytes of [0, 1, 125, 126, 70_000, 5_000_000]) {
    const sent = Buffer.alloc(bytes, 'w');
    client.send(sent);
    const [data] = (await once(client, 'message')) as [Buffer];
    t.ok(sent.equals(data), `${bytes} bytes come back`);
  }
});

t.test('a close from the client reaches the app, and one record is left', async (t) => {
  const { server, open, exchange, heard } = await setUp(t);
  const client = open();
  const [peer] = (await once(server, 'connection')) as [WebSocket];
  await once(client, 'open');
  const both = Promise.all([once(peer, 'close'), once(client, 'close')]);
  client.close(4001, 'enough');
  const [[code, reason]] = await both;
  t.strictSame([code, String(reason)], [4001, 'enough']);
  t.match(await exchange(0), { status: 101, error: undefined });
  t.equal(heard.exchanges.length, 1);
});

t.test('a close from the app reaches the client with what was sent before it', async (t) => {
  const { server, open } = await setUp(t);
  const client = open();
  const [peer] = (await once(server, 'connection')) as [WebSocket];
  const sizes: number[] = [];
  client.on('message', (data: Buffer) => sizes.push(data.length));
  await once(client, 'open');
  peer.send(Buffer.alloc(3_000_000));
  peer.close(4002, 'done');
  const [code, reason] = await once(client, 'close');
  t.strictSame([code, String(reason)], [4002, 'done']);
  t.strictSame(sizes, [3_000_000]);
});

t.test('a client that vanishes is noticed by the app, and the other way round', async (t) => {
  const { server, open } = await setUp(t);
  const vanishing = open();
  const [peer] = (await once(server, 'connection')) as [WebSocket];
  await once(vanishing, 'open');
  vanishing.terminate();
  t.strictSame((await once(peer, 'close'))[0], 1006);
  const left = open();
  const [other] = (await once(server, 'connection')) as [WebSocket];
  await once(left, 'open');
  other.terminate();
  t.strictSame((await once(left, 'close'))[0], 1006);
});

t.test('an app that refuses the switch is heard as it is', async (t) => {
  const app = await startApp(t);
  app.server.on('upgrade', (_, socket: Socket) =>
    socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno'),
  );
  const routes = [{ from: `https://${HOST}`, to: app.url, allow_websockets: true }];
  const { pki, port, exchange } = await startProxy(t, { routes });
  const client = await openClient(t, clientOptions(pki, port));
  client.write(UPGRADE);
  const [chunk] = (await once(client, 'data')) as [Buffer];
  t.match(parseAnswers(chunk.toString('latin1')), [{ status: 403, body: 'no' }]);
  t.match(await exchange(0), { status: 403, error: undefined });
});

t.test('where the route allows none, the app hears nothing of it', async (t) => {
  const { app, options, exchange } = await setUp(t, false);
  const client = await openClient(t, options);
  client.write(UPGRADE);
  const [chunk] = (await once(client, 'data')) as [Buffer];
  t.match(parseAnswers(chunk.toString('latin1')), [{ status: 403, body: /upgrade_not_allowed/ }]);
  t.match(await exchange(0), { error: 'upgrade_not_allowed' });
  t.equal(app.requests.length, 0);
});

t.test('what a client sends before the switch is held until it has happened', async (t) => {
  const app = await startApp(t);
  const seen: string[] = [];
  app.server.on('upgrade', (_, socket: Socket, head: Buffer) => {
    seen.push(head.toString('latin1'));
    socket.on('data', (chunk: Buffer) => seen.push(chunk.toString('latin1')));
    app.server.once('agree', () => {
      socket.write(
        'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
          'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n',
      );
    });
  });
  const routes = [{ from: `https://${HOST}`, to: app.url, allow_websockets: true }];
  const { pki, port } = await startProxy(t, { routes });
  const client = await openClient(t, clientOptions(pki, port));
  client.write(`${UPGRADE}early`);
  await until(() => seen.length > 0);
  t.strictSame(seen, [''], 'not a byte before the app agreed');
  client.write(' more');
  app.server.emit('agree');
  await until(() => seen.join('') === 'early more');
});
