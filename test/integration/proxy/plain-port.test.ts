// The port without TLS: it leads to the other one, answers challenges, and does nothing else.
import { once } from 'node:events';
import { get } from 'node:http';
import { connect as connectPlain } from 'node:net';
import { text } from 'node:stream/consumers';
import { connect } from 'node:tls';
import t from 'tap';
import { FileStorage } from '../../../src/certs/storage/file-storage.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { startProxy } from '../../support/proxy.ts';

const ROUTES = [{ from: 'https://app.sallyport.localhost', response: { status: 204 } }];

interface PlainAnswer {
  readonly status: number | undefined;
  readonly location: string | undefined;
  readonly body: string;
}

async function start(t: Parameters<typeof startProxy>[0], more: object = {}) {
  const { proxy, port, ...rest } = await startProxy(t, {
    routes: ROUTES,
    http_redirect_addr: '127.0.0.1:0',
    ...more,
  });
  const address = proxy.plainAddress;
  if (address === undefined || 'path' in address) throw new Error('no plain port');
  const ask = async (
    path: string,
    host = 'app.sallyport.localhost',
    method = 'GET',
  ): Promise<PlainAnswer> => {
    const request = get({
      port: address.port,
      host: '127.0.0.1',
      path,
      method,
      headers: { host },
      agent: false,
    });
    const [answer] = await once(request, 'response');
    return { status: answer.statusCode, location: answer.headers.location, body: await text(answer) };
  };
  const raw = async (bytes: string): Promise<string> => {
    const socket = connectPlain(address.port, '127.0.0.1');
    socket.end(bytes, 'latin1');
    return await text(socket);
  };
  return { proxy, port, ask, raw, ...rest };
}

t.test('everything is sent on to the port that speaks TLS', async (t) => {
  const { ask, port, proxy } = await start(t);
  t.match(await ask('/a/b?c=d&e'), {
    status: 301,
    location: `https://app.sallyport.localhost:${port}/a/b?c=d&e`,
  });
  t.match(await ask('/', 'app.sallyport.localhost:8080'), {
    location: `https://app.sallyport.localhost:${port}/`,
  });
  t.match(await ask('/', '[::1]:80'), { location: `https://[::1]:${port}/` });
  t.match(await ask('/', 'APP.sallyport.localhost', 'POST'), { status: 308 }, 'a body is not lost');
  await proxy.close();
  await t.rejects(ask('/'), { code: 'ECONNREFUSED' });
});

t.test('strangers do not learn which hosts and paths there are', async (t) => {
  const { raw } = await start(t);
  const answerFor = async (host: string) =>
    (await raw(`GET /x HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`))
      .replaceAll(host, 'HOST')
      .replace(/Date: .*\r\n/i, '');
  t.equal(await answerFor('app.sallyport.localhost'), await answerFor('unheard.of'));
});

t.test('what is no request, or leads nowhere, is refused', async (t) => {
  const { raw } = await start(t);
  for (const [bytes, status] of [
    ['GET / HTTP/1.1\r\n\r\n', 400],
    ['GET / HTTP/1.1\r\nHost: a b\r\n\r\n', 400],
    ['GET /../x HTTP/1.1\r\nHost: a\r\n\r\n', 400],
    ['GET /a%0d%0aSet-Cookie:%20x HTTP/1.1\r\nHost: a\r\n\r\n', 301],
    ['GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n', 400],
    ['CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n', 400],
    ['OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n', 400],
    ['\x16\x03\x01\x00\x05hello', 400],
  ] as const) {
    const answer = await raw(bytes);
    t.match(answer, new RegExp(`^HTTP/1\\.1 ${status} `), JSON.stringify(bytes));
    t.notMatch(answer, /^set-cookie/im);
  }
});

t.test('behind a balancer that speaks the PROXY protocol, whoever it names is the client', async (t) => {
  const { raw, port } = await start(t, {
    use_proxy_protocol: true,
    proxy_protocol_trusted: ['127.0.0.1'],
    max_connections_per_address: 1,
  });
  const request = 'GET / HTTP/1.1\r\nHost: app.sallyport.localhost\r\nConnection: close\r\n\r\n';
  const answers = await Promise.all(
    ['192.0.2.1', '192.0.2.2'].map(
      async (client) => await raw(`PROXY TCP4 ${client} 127.0.0.1 5 80\r\n${request}`),
    ),
  );
  for (const answer of answers) t.match(answer, `Location: https://app.sallyport.localhost:${port}/`);
  t.equal(await raw(request), '', 'without a header it is closed');
});

t.test('a challenge under way is answered, and no other file', async (t) => {
  const folder = temporaryFolder(t);
  const { ask } = await start(t, {
    autocert: true,
    autocert_dir: folder,
    autocert_ca: 'https://127.0.0.1:9/dir',
  });
  const token = 'evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA';
  await new FileStorage(folder).write(`challenges/http-01/${token}`, `${token}.thumbprint`);
  await new FileStorage(folder).write('acme/secret', 'secret');
  const at = '/.well-known/acme-challenge/';
  t.match(await ask(at + token, 'unheard.of'), { status: 200, body: `${token}.thumbprint` });
  for (const name of [
    `${token}x`,
    '',
    '..',
    '../acme/secret',
    '..%2facme%2fsecret',
    `${token}/`,
    `${token}?x`,
    'x'.repeat(2000),
  ])
    t.equal((await ask(at + name)).status, 404, name.slice(0, 20));
  t.equal((await ask(at + token, 'unheard.of', 'POST')).status, 308);
});

t.test(
  'acme-tls/1 goes nowhere: not to a host that is not being validated, nor to one that is served',
  async (t) => {
    const { port, heard, exchange } = await start(t, {
      autocert: true,
      autocert_dir: temporaryFolder(t),
      autocert_ca: 'https://127.0.0.1:9/dir',
    });
    for (const servername of ['app.sallyport.localhost', 'unheard.of', '']) {
      const socket = connect({
        port,
        host: '127.0.0.1',
        servername,
        ALPNProtocols: ['acme-tls/1'],
        rejectUnauthorized: false,
      });
      await once(socket, 'error');
    }
    t.equal(heard.exchanges.length, 0);
    t.match(
      heard.handshakeFailures.map(({ detail }) => detail),
      Array.from({ length: 3 }, () => /no challenge is under way/),
    );
    t.ok(exchange);
  },
);

t.test('the validation of a host: its own certificate, nothing to resume, no byte of HTTP', async (t) => {
  const folder = temporaryFolder(t);
  const { port, heard } = await start(t, {
    autocert: true,
    autocert_dir: folder,
    autocert_ca: 'https://127.0.0.1:9/dir',
    downstream_mtls: {
      ca: (await startProxy(t, { routes: ROUTES })).pki.clientCa.certPem,
      enforcement: 'reject_connection',
    },
  });
  await new FileStorage(folder).write('challenges/tls-alpn-01/app.sallyport.localhost', 'token.thumbprint');
  const open = async (session?: Buffer) => {
    const socket = connect({
      port,
      host: '127.0.0.1',
      servername: 'APP.sallyport.localhost',
      ALPNProtocols: ['acme-tls/1'],
      rejectUnauthorized: false,
      session,
    });
    socket.on('error', () => {});
    const sessions: Buffer[] = [];
    socket.on('session', (given) => sessions.push(given));
    await once(socket, 'secureConnect');
    return { socket, sessions };
  };
  const { socket, sessions } = await open();
  t.equal(socket.alpnProtocol, 'acme-tls/1');
  t.equal(socket.getPeerCertificate().subjectaltname, 'DNS:app.sallyport.localhost');
  socket.write('GET / HTTP/1.1\r\nHost: app.sallyport.localhost\r\n\r\n');
  t.equal(await text(socket).catch(() => ''), '');
  const again = await open(sessions[0]);
  t.notOk(again.socket.isSessionReused());
  again.socket.destroy();
  t.equal(heard.exchanges.length, 0);
});
