// What routes can do, end to end: rewriting, redirects, fixed answers, several instances, hosts kept, HSTS.
import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import t from 'tap';
import { type Reflection, startApp } from '../../support/app.ts';
import { call, clientOptions } from '../../support/client.ts';
import { startProxy } from '../../support/proxy.ts';

const HOST = 'app.sallyport.localhost';
const FROM = `https://${HOST}`;

t.test('prefix_rewrite, redirects and fixed answers', async (t) => {
  const app = await startApp(t);
  const { pki, port } = await startProxy(t, {
    routes: [
      { from: FROM, prefix: '/api', prefix_rewrite: '/v1', to: app.url },
      { from: FROM, path: '/old', redirect: { path_redirect: '/new', response_code: 308 } },
      { from: FROM, path: '/robots.txt', response: { body: 'nothing here\n' } },
    ],
  });
  const options = clientOptions(pki, port);
  const rewritten = await call(options, { path: '/api/users?a=b' });
  t.equal((JSON.parse(rewritten.body) as Reflection).url, '/v1/users?a=b');
  const moved = await call(options, { path: '/old?a=b' });
  t.match(moved, { status: 308, headers: { location: `${FROM}/new?a=b` } });
  t.match(await call(options, { path: '/robots.txt' }), { status: 200, body: 'nothing here\n' });
  t.equal((await call(options, { path: '/else' })).status, 404);
  t.equal(app.requests.length, 1);
});

t.test('with one of two instances dead every idempotent request is served', async (t) => {
  const dead = net.createServer().listen(0, '127.0.0.1');
  await once(dead, 'listening');
  const { port: deadPort } = dead.address() as AddressInfo;
  dead.close();
  const app = await startApp(t);
  const { pki, port, heard } = await startProxy(t, {
    routes: [
      {
        from: FROM,
        to: [
          { url: `https://localhost:${deadPort}`, weight: 1 },
          { url: app.url, weight: 1 },
        ],
      },
    ],
  });
  for (let i = 0; i < 8; i++) t.equal((await call(clientOptions(pki, port))).status, 200);
  const attempts = heard.exchanges.map((record) => record.attempts);
  t.strictSame([Math.min(...attempts), Math.max(...attempts)], [1, 2]);
});

t.test('a wildcard route that keeps the host has one connection for every host', async (t) => {
  const app = await startApp(t);
  let connections = 0;
  app.server.on('secureConnection', () => connections++);
  const { pki, port } = await startProxy(t, {
    routes: [{ from: 'https://*.sallyport.localhost', to: app.url, preserve_host_header: true }],
  });
  for (const name of ['a', 'b', 'c', 'a']) {
    const host = `${name}.sallyport.localhost`;
    const answer = await call(clientOptions(pki, port, { servername: host }), { host });
    t.equal((JSON.parse(answer.body) as Reflection).headers['host'], host);
  }
  t.equal(connections, 1);
});

t.test('the app and the client get the same request id, and it is the one in the log', async (t) => {
  const app = await startApp(t);
  const { pki, port, exchange } = await startProxy(t, { routes: [{ from: FROM, to: app.url }] });
  const answer = await call(clientOptions(pki, port), { headers: { 'x-request-id': 'forged' } });
  const { requestId } = await exchange(0);
  t.equal(answer.headers['x-request-id'], requestId);
  t.equal((JSON.parse(answer.body) as Reflection).headers['x-request-id'], requestId);
});

t.test('an IPv6 client stands in brackets and quotes in Forwarded, bare in X-Forwarded-For', async (t) => {
  const app = await startApp(t);
  const { pki, port } = await startProxy(t, { routes: [{ from: FROM, to: app.url }], address: '[::1]:0' });
  const answer = await call(clientOptions(pki, port, { host: '::1' }));
  const { headers } = JSON.parse(answer.body) as Reflection;
  t.equal(headers['forwarded'], `for="[::1]";host="${HOST}";proto=https`);
  t.equal(headers['x-forwarded-for'], '::1');
});

t.test('HSTS goes to real names alone, whatever the app says', async (t) => {
  const app = await startApp(t, (_, response) => {
    response.setHeader('strict-transport-security', 'max-age=1; includeSubDomains');
    response.end();
  });
  const routes = ['https://app.example.com', FROM].map((from) => ({ from, to: app.url }));
  const { pki, port, proxy, config } = await startProxy(t, { routes });
  const real = await pki.issueServer({ names: { dns: ['app.example.com', HOST] } });
  await proxy.reload('call', { ...config, certificate: real.certPem, certificate_key: real.keyPem });
  const hstsOf = async (servername: string) =>
    (await call(clientOptions(pki, port, { servername }))).headers['strict-transport-security'];
  t.match(await hstsOf('app.example.com'), /^max-age=\d{8,}$/);
  t.equal(await hstsOf(HOST), undefined, "it would break the developer's other apps");
});
