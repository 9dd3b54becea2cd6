// Whose word about the client is believed.
import t, { type Test } from 'tap';
import type { ConfigInput } from '../../../src/config/schema.ts';
import { HOST, setUp } from '../../support/caller-headers.ts';
import { call, clientOptions, openClient, readAll } from '../../support/client.ts';
import { startProxy } from '../../support/proxy.ts';
import { makeTestPki } from '../../support/certificates.ts';
import { connect } from 'node:http2';
import { once } from 'node:events';

const pki = await makeTestPki();

async function told(t: Test, settings: Partial<ConfigInput>, headers: Record<string, string | string[]>) {
  const { ask, exchange } = await setUp(t, {}, settings);
  const seen = await ask(pki.client, headers);
  const { connection } = await exchange(0);
  return { seen, client: connection.remoteAddress, by: connection.forwardedBy };
}

t.test(
  'the first from the right that is no proxy of ours is the client, and nobody before it is told on',
  async (t) => {
    const trusted_proxies = ['127.0.0.1', '10.0.0.0/8', '2001:db8::/32'];
    for (const [chain, client, forwardedFor] of [
      ['203.0.113.7', '203.0.113.7', '203.0.113.7, 127.0.0.1'],
      ['1.1.1.1, 203.0.113.7,10.1.2.3', '203.0.113.7', '203.0.113.7, 10.1.2.3, 127.0.0.1'],
      ['evil, 203.0.113.7, [2001:DB8::9]:443', '203.0.113.7', '203.0.113.7, 2001:db8::9, 127.0.0.1'],
      ['203.0.113.7:51234', '203.0.113.7', '203.0.113.7, 127.0.0.1'],
      ['::ffff:203.0.113.7', '203.0.113.7', '203.0.113.7, 127.0.0.1'],
      ['10.9.9.9, 10.1.1.1', '10.9.9.9', '10.9.9.9, 10.1.1.1, 127.0.0.1'],
    ] as const) {
      const { seen, ...rest } = await told(t, { trusted_proxies }, { 'X-Forwarded-For': chain });
      t.strictSame(rest, { client, by: '127.0.0.1' }, chain);
      t.equal(seen['x-forwarded-for'], forwardedFor, chain);
    }
    const fields = { 'X-Forwarded-For': ['9.9.9.9, 203.0.113.7', '10.0.0.1'] };
    t.equal(
      (await told(t, { trusted_proxies }, fields)).client,
      '203.0.113.7',
      'several fields are one list',
    );
  },
);

t.test('by the number of hops, whatever the addresses', async (t) => {
  const settings = { trusted_proxies: ['127.0.0.0/8'], xff_num_trusted_hops: 2 };
  const { seen, client } = await told(t, settings, {
    'X-Forwarded-For': '6.6.6.6, 203.0.113.7, 198.51.100.1',
  });
  t.equal(client, '203.0.113.7');
  t.equal(seen['x-forwarded-for'], '203.0.113.7, 198.51.100.1, 127.0.0.1');
  const short = await told(t, settings, { 'X-Forwarded-For': '203.0.113.7' });
  t.equal(short.client, '127.0.0.1', 'a chain that is too short names nobody');
  t.equal(short.seen['x-forwarded-for'], '127.0.0.1');
});

t.test('scheme and host as well, where they are such', async (t) => {
  const settings = { trusted_proxies: ['127.0.0.1'] };
  const { seen } = await told(t, settings, {
    'X-Forwarded-For': '2001:db8::1',
    'X-Forwarded-Proto': 'http',
    'X-Forwarded-Host': 'shop.example.com:8443',
  });
  t.match(seen, { 'x-forwarded-proto': 'http', 'x-forwarded-host': 'shop.example.com:8443' });
  t.equal(seen['forwarded'], 'for="[2001:db8::1]";host="shop.example.com:8443";proto=http, for=127.0.0.1');
  const bad = await told(t, settings, { 'X-Forwarded-Proto': 'gopher', 'X-Forwarded-Host': 'a b"c' });
  t.match(bad.seen, {
    'x-forwarded-proto': 'https',
    'x-forwarded-host': HOST,
    'x-forwarded-for': '127.0.0.1',
  });
});

t.test('nobody else is believed', async (t) => {
  const headers = {
    'X-Forwarded-For': '203.0.113.7',
    'X-Forwarded-Proto': 'http',
    'X-Forwarded-Host': 'x.test',
  };
  for (const settings of [{}, { trusted_proxies: ['10.0.0.0/8', 'unix'] }]) {
    const { seen, client, by } = await told(t, settings, headers);
    t.strictSame({ client, by }, { client: '127.0.0.1', by: undefined });
    t.match(seen, { 'x-forwarded-for': '127.0.0.1', 'x-forwarded-proto': 'https', 'x-forwarded-host': HOST });
  }
});

t.test(
  'a list that cannot be understood up to the client is refused, and the app sees nothing',
  async (t) => {
    const { port, app, heard } = await setUp(t, {}, { trusted_proxies: ['127.0.0.1'] });
    for (const chain of [
      'unknown',
      '203.0.113.7, _hidden',
      '203.0.113.7,',
      'fe80::1%eth0',
      '1.2.3.4:x',
      '256.1.1.1',
    ]) {
      const { status } = await call(clientOptions(pki, port), { headers: { 'X-Forwarded-For': chain } });
      t.equal(status, 400, chain);
    }
    t.match(heard.exchanges[0], { error: 'bad_header', reason: 'x_forwarded_for' });
    t.equal(app.requests.length, 0);
  },
);

t.test('policy and limits go by the client, also where one connection carries several', async (t) => {
  const route = {
    from: `https://${HOST}`,
    response: { body: 'in' },
    policy: { allow: { and: [{ source_ip: '203.0.113.0/24' }] } },
    rate_limits: [{ key: 'source_ip' as const, requests: 2, per: '1h' }],
  };
  const { port } = await startProxy(t, { routes: [route], trusted_proxies: ['127.0.0.1'] });
  const socket = await openClient(t, clientOptions(pki, port, { ALPNProtocols: ['h2'] }));
  const session = connect(`https://${HOST}`, { createConnection: () => socket });
  t.teardown(() => session.close());
  const ask = async (client: string) => {
    const request = session.request({ ':path': '/', 'x-forwarded-for': client });
    const [head] = (await once(request, 'response')) as [Record<string, unknown>];
    request.resume();
    await once(request, 'close');
    return head[':status'];
  };
  const statuses = [];
  for (const client of [
    '203.0.113.1',
    '198.51.100.1',
    '203.0.113.1',
    '203.0.113.1',
    '203.0.113.2',
    '127.0.0.1',
  ])
    statuses.push(await ask(client));
  t.strictSame(statuses, [200, 403, 200, 429, 200, 403]);
});

t.test('a connection that brings one client after another is remembered for some of them only', async (t) => {
  const { port, exchange } = await setUp(t, {}, { trusted_proxies: ['127.0.0.1'] });
  const socket = await openClient(t, clientOptions(pki, port));
  const heads = Array.from({ length: 600 }, (_, i) => {
    const last = i === 599 ? 'Connection: close\r\n' : '';
    return `GET / HTTP/1.1\r\nHost: ${HOST}\r\nX-Forwarded-For: 203.0.${i >> 8}.${i & 255}\r\n${last}\r\n`;
  });
  socket.write(heads.join(''));
  t.equal((await readAll(socket)).match(/HTTP\/1.1 200/g)?.length, 600);
  t.equal((await exchange(599)).connection.remoteAddress, '203.0.2.87');
});

t.test('hops without proxies, and lists that are none, are refused', async (t) => {
  const routes = [{ from: `https://${HOST}`, response: { body: 'x' } }];
  await t.rejects(startProxy(t, { routes, xff_num_trusted_hops: 1 }), /needs trusted_proxies/);
  await t.rejects(startProxy(t, { routes, trusted_proxies: ['10.0.0'] }), /neither an address nor a block/);
  await t.rejects(startProxy(t, { routes, trusted_proxies: [] }), /the list is empty/);
});
