// How many requests a caller may make, and how often it may fail to come in.
import t, { type Test } from 'tap';
import type { ConfigInput } from '../../../src/config/schema.ts';
import { makeTestPki, makeTestRoot } from '../../support/certificates.ts';
import { call, clientOptions, openClient } from '../../support/client.ts';
import { baseConfig, startProxy } from '../../support/proxy.ts';

const HOST = 'app.sallyport.localhost';
const pki = await makeTestPki();
const bob = await pki.issueClient({ commonName: 'Bob', names: { email: ['bob@example.com'] } });
const asBob = { cert: bob.certPem, key: bob.keyPem };

async function setUp(t: Test, limits: ConfigInput['rate_limits'], more: Partial<ConfigInput> = {}) {
  const routes: ConfigInput['routes'] = [
    { from: `https://${HOST}`, response: { body: 'x' }, ...(limits && { rate_limits: limits }) },
  ];
  const running = await startProxy(t, { routes, ...more });
  const ask = (options = {}, headers: Record<string, string> = {}) =>
    call(clientOptions(pki, running.port, options), { headers });
  return { ...running, ask, routes };
}

t.test('by client certificate: 429, and when to come again', async (t) => {
  const { ask, heard } = await setUp(t, [{ requests: 3, per: '1h' }]);
  for (const remaining of ['2', '1', '0'])
    t.match(await ask(), {
      status: 200,
      headers: { 'ratelimit-limit': '3', 'ratelimit-remaining': remaining },
    });
  const refused = await ask();
  t.match(refused, { status: 429, body: /Too many requests/ });
  t.match(refused.headers, { 'retry-after': '1200', 'ratelimit-remaining': '0', 'ratelimit-reset': '1200' });
  t.equal((await ask(asBob)).status, 200, 'nobody else');
  t.match(heard.exchanges.at(-2), { status: 429, error: 'rate_limited' });
});

t.test('by address, header, cookie, or all together', async (t) => {
  const byAddress = await setUp(t, [{ key: 'source_ip', requests: 1, per: '1h' }]);
  t.equal((await byAddress.ask()).status, 200);
  t.equal((await byAddress.ask(asBob)).status, 429);
  t.equal((await byAddress.ask({ localAddress: '127.0.0.2' })).status, 200);
  const byHeader = await setUp(t, [{ key: 'header:X-Tenant', requests: 1, per: '1h' }]);
  for (const [tenant, status] of [
    ['a', 200],
    ['a', 429],
    ['b', 200],
  ] as const)
    t.equal((await byHeader.ask({}, { 'x-tenant': tenant })).status, status);
  const byCookie = await setUp(t, [{ key: 'cookie:id', requests: 1, per: '1h' }]);
  for (const [id, status] of [
    ['a', 200],
    ['a', 429],
    ['b', 200],
  ] as const)
    t.equal((await byCookie.ask({}, { cookie: `x=y; id=${id}` })).status, status);
  const all = await setUp(t, [{ key: 'all', requests: 1, per: '1h' }]);
  t.strictSame([(await all.ask()).status, (await all.ask(asBob)).status], [200, 429]);
});

t.test('the one for all routes beside that of a route, and the nearest is told', async (t) => {
  const { ask } = await setUp(t, [{ requests: 5, per: '1h' }], { rate_limits: [{ requests: 2, per: '1h' }] });
  t.match(await ask(), { headers: { 'ratelimit-limit': '2', 'ratelimit-remaining': '1' } });
  await ask();
  t.match(await ask(), { status: 429, headers: { 'ratelimit-limit': '2' } });
});

t.test('a reload forgets nothing', async (t) => {
  const limits = [{ requests: 1, per: '1h' }];
  const { ask, proxy, routes } = await setUp(t, limits);
  t.equal((await ask()).status, 200);
  const config = { ...baseConfig(pki), routes, show_error_details: false };
  t.equal((await proxy.reload('call', config)).result, 'applied');
  t.equal((await ask()).status, 429);
});

t.test('an address that fails too often is not listened to for a while', async (t) => {
  const other = await makeTestRoot('Other');
  const stranger = await pki.issueClient({}, other);
  const { port, heard } = await setUp(t, undefined, { max_failed_handshakes_per_address: 5 });
  const options = clientOptions(pki, port);
  for (let i = 0; i < 5; i++)
    await call({ ...options, cert: stranger.certPem, key: stranger.keyPem }).catch(() => {});
  await t.rejects(openClient(t, options), 'not even with a good one');
  t.match(heard.refused, [{ cap: 'failed_handshakes', limit: 5 }]);
  t.equal((await call({ ...options, localAddress: '127.0.0.2' } as typeof options)).status, 200);
});

t.test('who has no certificate yet does not count as failing', async (t) => {
  const { port } = await setUp(t, undefined, { max_failed_handshakes_per_address: 3 });
  const { cert: _, key: __, ...nobody } = clientOptions(pki, port);
  for (let i = 0; i < 6; i++) t.equal((await call(nobody)).status, 403);
});
