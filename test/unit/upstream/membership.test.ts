// Whom an upstream is made of, from one answer of DNS to the next.
import t, { type Test } from 'tap';
import { type UpstreamSettings, compileUpstream } from '../../../src/upstream/compile-upstream.ts';
import { Discoveries } from '../../../src/upstream/discoveries.ts';
import { UpstreamRegistry } from '../../../src/upstream/registry.ts';
import { Upstream } from '../../../src/upstream/upstream.ts';
import { startDnsServer } from '../../support/dns-server.ts';
import { systemDns } from '../../support/system-dns.ts';

async function setUp(t: Test, some: Partial<UpstreamSettings> = {}) {
  const server = await startDnsServer(t);
  const { dns } = systemDns.discovery;
  const discovery = { ...systemDns.discovery, dns: { ...dns, resolvers: [server.resolver] } };
  const registry = new UpstreamRegistry();
  t.teardown(() => registry.close(0));
  const settings = {
    name: 'app',
    to: [{ url: 'https://app.test:8443', weight: 1 }],
    connect_timeout: 1000,
    timeout: 1000,
    idle_timeout: 1000,
    max_upstream_connections: 2,
    dns: { isStrict: true, lookup: undefined, discovery },
    ...some,
  };
  const compile = (): Upstream => {
    const compiled = compileUpstream(settings, registry);
    if (!(compiled instanceof Upstream)) throw new Error(compiled[0]?.message);
    return compiled;
  };
  const upstream = compile();
  const ask = async (): Promise<boolean> => {
    for (const one of upstream.discoveries) await one.ask();
    return upstream.refresh();
  };
  return { server, registry, upstream, compile, ask };
}

t.test('what stays is the very same, with its health', async (t) => {
  const { server, upstream, ask } = await setUp(t);
  t.equal(upstream.pick(), undefined);
  server.addresses.set('app.test', ['10.0.0.1', '10.0.0.2']);
  t.ok(await ask());
  const [, stays] = upstream.endpoints;
  if (stays === undefined) throw new Error('there is none');
  const health = upstream.begin(stays);
  server.addresses.set('app.test', ['10.0.0.2', '10.0.0.3']);
  t.ok(await ask());
  t.equal(upstream.endpoints[0], stays);
  t.equal(upstream.begin(stays), health);
  t.equal(health?.active, 2);
  t.notOk(await ask(), 'the same answer is nothing new');
});

t.test('only who comes later starts slowly', async (t) => {
  const { server, upstream, ask } = await setUp(t);
  server.addresses.set('app.test', ['10.0.0.1']);
  await ask();
  server.addresses.set('app.test', ['10.0.0.1', '10.0.0.2']);
  await ask();
  const shares = upstream.endpoints.map((endpoint) =>
    upstream.begin(endpoint)?.shareAt(performance.now(), 3_600_000),
  );
  t.strictSame(shares, [1, 0.1]);
});

t.test('the weight of a name is shared by its addresses', async (t) => {
  const { server, upstream, ask } = await setUp(t, {
    to: [
      { url: 'http://app.test:8080', weight: 2 },
      { url: 'http://10.0.9.9:8080', weight: 1 },
      { url: 'unix:/run/app.sock', weight: 1 },
    ],
  });
  server.addresses.set('app.test', ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4']);
  await ask();
  const counts = new Map<string, number>();
  for (let i = 0; i < 80; i++) {
    const name = upstream.pick()?.name ?? '';
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  t.equal(counts.get('http://10.0.9.9:8080'), 20);
  t.equal(counts.get('unix:/run/app.sock'), 20);
  t.equal(counts.get('http://app.test:8080 (10.0.0.1)'), 10);
});

t.test('people see names that DNS has no address for', async (t) => {
  const { server, upstream, ask } = await setUp(t, {
    to: [
      { url: 'srv+h2c://_api._tcp.app.test', weight: 1 },
      { url: 'https://10.0.9.9:8443', weight: 1 },
    ],
  });
  const shown = (): string[] => upstream.shown.map(({ name }) => name);
  t.strictSame(shown(), ['srv+h2c://_api._tcp.app.test (no address known)', 'https://10.0.9.9:8443']);
  t.strictSame(
    upstream.endpoints.map(({ name }) => name),
    ['https://10.0.9.9:8443'],
  );
  server.services.set('_api._tcp.app.test', [{ target: 'a.test', port: 81 }]);
  server.addresses.set('a.test', ['::7']);
  await ask();
  t.strictSame(shown(), ['h2c://a.test:81 (::7)', 'https://10.0.9.9:8443']);
  t.equal(upstream.endpoints[0]?.authority, 'app.test');
});

t.test('routes that ask the same share the question, and the health of what it finds', async (t) => {
  const { server, registry, upstream, compile } = await setUp(t);
  server.addresses.set('app.test', ['10.0.0.1']);
  const other = compile();
  await new Discoveries(() => {}).introduce([upstream, other]);
  t.strictSame(server.asked, ['A app.test']);
  const [one] = upstream.endpoints;
  const [two] = other.endpoints;
  if (one === undefined || two === undefined) throw new Error('no endpoint');
  t.equal(upstream.begin(one), other.begin(two));
  t.strictSame(
    registry.views().map(({ name, isReady }) => `${name} ${isReady}`),
    ['https://app.test:8443 (10.0.0.1) true'],
  );
});
