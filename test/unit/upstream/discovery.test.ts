// What is made of answers from DNS, good and hostile.
import t, { type Test } from 'tap';
import { normalizeHostname } from '../../../src/core/hostname.ts';
import { DnsClient, type LookupFamily } from '../../../src/upstream/dns-client.ts';
import { Discovery, type OnDiscovery } from '../../../src/upstream/discovery.ts';
import { startDnsServer } from '../../support/dns-server.ts';

const NAME = '_api._tcp.app.test';

async function setUp(t: Test, kind: 'address' | 'srv' = 'srv') {
  const server = await startDnsServer(t);
  const told: Parameters<OnDiscovery>[0][] = [];
  const name = normalizeHostname(kind === 'srv' ? NAME : 'app.test');
  if (name === undefined) throw new Error('no name');
  const dns = { family: 'V4_PREFERRED', resolvers: [server.resolver], timeoutMs: 1000, tries: 1 } as const;
  const discovery = new Discovery({ kind, name, dns, refreshMs: 5000, failureRefreshMs: 5000 }, (event) =>
    told.push(event),
  );
  const ask = async (): Promise<string[]> => {
    await discovery.ask();
    discovery.report();
    return discovery.instances.map(
      ({ host, port, address, share, tier }) =>
        `${tier} ${host}:${port ?? ''} ${address} ${share.toFixed(3)}`,
    );
  };
  return { server, told, discovery, ask };
}

t.test('weights are shares of a priority, and 0 is next to nothing', async (t) => {
  const { server, ask } = await setUp(t);
  server.addresses.set('a.test', ['10.0.0.2', '10.0.0.1']);
  server.addresses.set('b.test', ['10.0.0.3']);
  server.services.set(NAME, [
    { target: 'b.test', port: 2, priority: 7, weight: 0 },
    { target: 'b.test', port: 1, priority: 5, weight: 1 },
    { target: 'a.test', port: 1, priority: 5, weight: 3 },
    { target: 'a.test', port: 3, priority: 6, weight: 4 },
    { target: 'b.test', port: 3, priority: 6, weight: 0 },
  ]);
  t.strictSame(await ask(), [
    '0 a.test:1 10.0.0.1 0.375',
    '0 a.test:1 10.0.0.2 0.375',
    '0 b.test:1 10.0.0.3 0.250',
    '1 a.test:3 10.0.0.1 0.499',
    '1 a.test:3 10.0.0.2 0.499',
    '1 b.test:3 10.0.0.3 0.002',
    '2 b.test:2 10.0.0.3 1.000',
  ]);
});

t.test('the order of an answer means nothing', async (t) => {
  const { server, discovery, ask, told } = await setUp(t, 'address');
  server.addresses.set('app.test', ['10.0.0.2', '10.0.0.1']);
  await ask();
  const before = discovery.instances;
  server.addresses.set('app.test', ['10.0.0.1', '10.0.0.2', '10.0.0.1']);
  await ask();
  t.equal(discovery.instances, before, 'the very same');
  t.equal(told.length, 1);
});

t.test('records without a host or port are left out', async (t) => {
  const { server, ask, told } = await setUp(t);
  server.addresses.set('a.test', ['10.0.0.1']);
  server.services.set(NAME, [
    { target: 'a.test', port: 1 },
    { target: 'a.test', port: 0 },
    { target: '10.0.0.9', port: 1 },
    { target: 'a b.test', port: 1 },
    { target: 'x'.repeat(63), port: 1 },
  ]);
  t.strictSame(await ask(), ['0 a.test:1 10.0.0.1 1.000']);
  server.services.set(NAME, [{ target: '', port: 0 }]);
  t.strictSame(await ask(), ['0 a.test:1 10.0.0.1 1.000'], 'the root says: not available');
  t.match(told.at(-1), { fault: 'the answer has no address', addresses: ['a.test:1 (10.0.0.1)'] });
});

t.test('one host that cannot be looked up is where it was', async (t) => {
  const { server, ask, told } = await setUp(t);
  server.addresses.set('a.test', ['10.0.0.1']);
  server.addresses.set('b.test', ['10.0.0.2']);
  server.services.set(
    NAME,
    ['a.test', 'b.test'].map((target) => ({ target, port: 1 })),
  );
  const both = ['0 a.test:1 10.0.0.1 0.500', '0 b.test:1 10.0.0.2 0.500'];
  t.strictSame(await ask(), both);
  server.failing.add('b.test');
  t.strictSame(await ask(), both);
  t.match(told.at(-1)?.fault, /b\.test/);
  server.failing.clear();
  server.addresses.delete('b.test');
  t.strictSame(await ask(), ['0 a.test:1 10.0.0.1 1.000'], 'what is gone is gone');
});

t.test('of very many addresses a hundred are taken, always the same', async (t) => {
  const { server, ask, told } = await setUp(t, 'address');
  const many = Array.from({ length: 150 }, (_, index) => `10.0.1.${index}`);
  server.addresses.set('app.test', many);
  const first = await ask();
  t.equal(first.length, 100);
  t.match(told[0]?.fault, /more than 100/);
  server.addresses.set('app.test', many.toReversed());
  t.strictSame(await ask(), first);
  t.equal(told.length, 1);
});

t.test('of very many records a hundred are looked at', async (t) => {
  const { server, ask, told } = await setUp(t);
  server.addresses.set('a.test', ['10.0.0.1']);
  server.services.set(
    NAME,
    Array.from({ length: 101 }, (_, index) => ({ target: 'a.test', port: index + 1 })),
  );
  t.equal((await ask()).length, 100);
  t.match(told[0]?.fault, /more than 100/);
  t.equal(server.asked.length, 2, 'and each host once');
});

t.test('a question that is given up leaves everything as it was', async (t) => {
  const { server, discovery, ask, told } = await setUp(t, 'address');
  server.mood = 'silent';
  const asked = discovery.ask();
  discovery.cancel();
  await asked;
  t.notOk(discovery.wasAsked);
  server.mood = 'answers';
  server.addresses.set('app.test', ['10.0.0.1']);
  t.equal((await ask()).length, 1);
  t.match(told, [{ fault: undefined }]);
});

t.test('families of addresses', async (t) => {
  const { resolver, addresses } = await startDnsServer(t);
  addresses.set('both.test', ['10.0.0.1', '2001:DB8:0::1']);
  addresses.set('v4.test', ['10.0.0.1']);
  addresses.set('v6.test', ['2001:db8::1']);
  const found = async (family: LookupFamily): Promise<string> => {
    const client = new DnsClient({ family, resolvers: [resolver], timeoutMs: 1000, tries: 1 });
    const all = await Promise.all(['both', 'v4', 'v6'].map((name) => client.addresses(`${name}.test`)));
    return all.map((one) => one.join('+')).join(' ');
  };
  const [v4, v6] = ['10.0.0.1', '2001:db8::1'];
  t.equal(await found('V4_ONLY'), `${v4} ${v4} `);
  t.equal(await found('V6_ONLY'), `${v6}  ${v6}`);
  t.equal(await found('V4_PREFERRED'), `${v4} ${v4} ${v6}`);
  t.equal(await found('AUTO'), `${v6} ${v4} ${v6}`);
  t.equal(await found('ALL'), `${v6}+${v4} ${v4} ${v6}`);
});

t.test('without resolvers the system is asked, hosts file and all', async (t) => {
  const client = new DnsClient({ family: 'V4_PREFERRED', resolvers: [], timeoutMs: 1000, tries: 1 });
  t.strictSame(await client.addresses('localhost'), ['127.0.0.1']);
});
