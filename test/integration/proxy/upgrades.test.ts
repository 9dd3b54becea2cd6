// Protocols other than WebSocket that a route lets clients switch to: byte for byte after a real 101, and nothing before.
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import t, { type Test } from 'tap';
import type { ConfigInput } from '../../../src/config/schema.ts';
import { startApp } from '../../support/app.ts';
import { parseAnswers } from '../../support/answers.ts';
import { call, clientOptions, closed, openClient, readAll, sendRaw } from '../../support/client.ts';
import { h2AnswerOf, h2Fields, openH2 } from '../../support/h2-client.ts';
import { startProxy } from '../../support/proxy.ts';
import { until } from '../../support/until.ts';

const HOST = 'app.sallyport.localhost';
const MIB = 1024 * 1024;
/** As `kubectl exec` asks. */
const SPDY =
  `POST /exec?command=sh HTTP/1.1\r\nHost: ${HOST}\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n` +
  'X-Stream-Protocol-Version: v4.channel.k8s.io\r\nContent-Length: 0\r\n\r\n';

const LAST_SPDY = SPDY.replace('Upgrade\r\n', 'Upgrade, close\r\n');

type Route = Partial<ConfigInput['routes'][number]>;

/** An app that agrees to every protocol it is asked for; `switchTo`: to another one than that. */
async function setUp(t: Test, route: Route, switchTo?: string) {
  const app = await startApp(t);
  const upgraded: { request: IncomingMessage; socket: Socket; head: Buffer }[] = [];
  app.server.on('upgrade', (request, socket: Socket, head) => {
    upgraded.push({ request, socket, head });
    socket.on('error', () => {});
    socket.allowHalfOpen = true;
    const protocol = switchTo ?? request.headers.upgrade;
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\n\r\n`);
  });
  const routes = [{ from: `https://${HOST}`, to: app.url, ...route }];
  const running = await startProxy(t, { routes });
  return { ...running, app, upgraded, options: clientOptions(running.pki, running.port) };
}

/** Past the head of the 101. */
async function openTunnel(t: Test, { options }: Pick<Awaited<ReturnType<typeof setUp>>, 'options'>) {
  const client = await openClient(t, options);
  client.allowHalfOpen = true;
  client.write(SPDY);
  const [head] = (await once(client, 'data')) as [Buffer];
  t.match(head.toString(), /^HTTP\/1\.1 101 .*\r\nupgrade: spdy\/3\.1\r\n\r\n$/is);
  client.pause();
  return client;
}

async function read(stream: Duplex, bytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  stream.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    length += chunk.length;
  });
  stream.resume();
  await until(() => length >= bytes);
  return Buffer.concat(chunks);
}

for (const upstream_client of ['raw', 'undici'] as const)
  t.test(`SPDY by a POST without a body, over ${upstream_client}`, async (t) => {
    const running = await setUp(t, { allow_spdy: true, upstream_client });
    const client = await openTunnel(t, running);
    const [app] = running.upgraded;
    t.match(app?.request, { method: 'POST', url: '/exec?command=sh' });
    t.match(app?.request.headers, {
      'content-length': '0',
      'x-stream-protocol-version': 'v4.channel.k8s.io',
    });
    if (app === undefined) return;
    const sent = Buffer.alloc(MIB, 'client');
    client.write(sent);
    t.ok((await read(app.socket, MIB)).equals(sent), 'to the app');
    app.socket.end(sent);
    t.ok((await read(client, MIB)).equals(sent), 'and back');
    client.end('late');
    await once(app.socket, 'close');
    t.match(await running.exchange(0), { status: 101, error: undefined, bytesIn: MIB + 4, bytesOut: MIB });
  });

t.test('each way ends by itself: who has said all still hears the answer', async (t) => {
  const running = await setUp(t, { allow_upgrades: ['spdy/3.1'] });
  const client = await openTunnel(t, running);
  client.end('question');
  const { socket } = await until(() => running.upgraded[0]);
  socket.resume();
  await once(socket, 'end');
  socket.end('answer');
  client.resume();
  t.equal(await readAll(client), 'answer');
  t.match(await running.exchange(0), { status: 101, error: undefined });
});

t.test('what the route does not name is refused, and the app hears nothing', async (t) => {
  const { options, exchange, app, upgraded } = await setUp(t, {
    allow_upgrades: ['tcp'],
    allow_websockets: true,
  });
  const client = await openClient(t, options);
  client.write(SPDY);
  const [chunk] = (await once(client, 'data')) as [Buffer];
  t.match(parseAnswers(chunk.toString('latin1')), [{ status: 403, body: /upgrade_not_allowed/ }]);
  t.match(await exchange(0), { error: 'upgrade_not_allowed' });
  t.strictSame([app.requests.length, upgraded.length], [0, 0]);
});

t.test('a switch with a body is refused: it could be read as the beginning of the tunnel', async (t) => {
  const { options, upgraded } = await setUp(t, { allow_spdy: true, allow_websockets: true });
  const bodies = ['Content-Length: 4\r\n\r\nbody', 'Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n'];
  for (const body of bodies) {
    const bytes = LAST_SPDY.replace('Content-Length: 0\r\n\r\n', body);
    t.match(parseAnswers(await sendRaw(options, bytes)), [{ status: 400, body: /bad_upgrade/ }], body);
  }
  const websocket = LAST_SPDY.replace('SPDY/3.1', 'websocket');
  t.match(parseAnswers(await sendRaw(options, websocket)), [{ status: 400 }], 'a WebSocket begins with GET');
  t.equal(upgraded.length, 0);
});

t.test('an app that switches to something else is not believed', async (t) => {
  const { options, upgraded } = await setUp(t, { allow_spdy: true }, 'spdy/2');
  const answers = parseAnswers(await sendRaw(options, `${LAST_SPDY}early`));
  t.match(answers, [{ status: 502, body: /upstream_upgrade/ }]);
  t.equal(upgraded[0]?.head.length, 0, 'and was not given a byte of what came behind the request');
});

t.test('an app that does not switch is heard as it is', async (t) => {
  const { options } = await setUp(t, { allow_spdy: true, to: (await startApp(t)).url });
  const headers = { connection: 'upgrade', upgrade: 'spdy/3.1' };
  t.match(await call(options, { method: 'POST', headers }), { status: 200, body: /"method":"POST"/ });
});

t.test('in HTTP/2 it is an extended CONNECT, and no other protocol gets that far', async (t) => {
  const { options, upgraded, exchange } = await setUp(t, { allow_upgrades: ['Tcp'] });
  const session = await openH2(t, options);
  const open = (protocol: string, more: string[] = []) => {
    const [, , ...rest] = h2Fields(session, { path: '/attach' });
    const fields = [':method', 'CONNECT', ':protocol', protocol, ...rest, ...more];
    const stream = session.request(fields, { endStream: false });
    stream.on('error', () => {});
    return stream;
  };
  for (const protocol of ['websocket', 'spdy/3.1', 'connect-udp', 'h2c'])
    t.match(await h2AnswerOf(open(protocol)), { status: 403, body: /upgrade_not_allowed/ }, protocol);
  t.match(await h2AnswerOf(open('tcp', ['content-length', '0'])), { status: 400, body: /bad_framing/ });
  t.equal(upgraded.length, 0);
  const stream = open('tcp');
  const [{ ':status': status }] = await once(stream, 'response');
  t.equal(status, 200);
  const [app] = upgraded;
  t.match(app?.request, { method: 'GET', url: '/attach' });
  stream.end('question');
  if (app === undefined) return;
  t.equal((await read(app.socket, 8)).toString(), 'question');
  app.socket.end('answer');
  t.equal((await read(stream, 6)).toString(), 'answer');
  await once(stream, 'close');
  t.match(await exchange(5), { status: 101, error: undefined, bytesIn: 8, bytesOut: 6 });
});

t.test('taking the right to the route away cuts its tunnels, on both sides', async (t) => {
  const running = await setUp(t, { allow_spdy: true });
  const client = await openTunnel(t, running);
  const { socket } = await until(() => running.upgraded[0]);
  const [route] = running.config.routes;
  const policy = { allow: { and: [{ source_ip: '10.0.0.0/8' }] } };
  const broken = once(client, 'error');
  client.resume();
  socket.resume().on('end', () => socket.end());
  await running.proxy.reload('call', { ...running.config, routes: [{ ...route, policy } as never] });
  t.match(await broken, [{ code: 'ECONNRESET' }], 'what came so far does not look whole');
  await closed(socket);
  t.match(running.heard.revocations, [{ cause: 'policy', state: 'tunnel' }]);
});
