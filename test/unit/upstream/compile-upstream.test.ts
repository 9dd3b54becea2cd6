import t from 'tap';
import { type UpstreamSettings, compileUpstream } from '../../../src/upstream/compile-upstream.ts';
import { Discovery } from '../../../src/upstream/discovery.ts';
import { EndpointHealth } from '../../../src/upstream/health.ts';
import type { UpstreamSource } from '../../../src/upstream/pooled-endpoint.ts';
import { Upstream } from '../../../src/upstream/upstream.ts';
import { systemDns } from '../../support/system-dns.ts';

const unused: UpstreamSource = {
  acquire: () => {
    throw new Error('a pool was made while compiling');
  },
  health: ({ target }) => new EndpointHealth(target.name, () => {}),
  connector: () => {
    throw new Error('a connection was made while compiling');
  },
  discovery: (one) => new Discovery(one, () => {}),
  forget: () => {
    throw new Error('nothing has been there before');
  },
};

const settings = (some: Partial<UpstreamSettings>): UpstreamSettings => ({
  name: 'app',
  to: [{ url: 'https://a.test', weight: 1 }],
  connect_timeout: 1000,
  timeout: 1000,
  idle_timeout: 1000,
  max_upstream_connections: 2,
  dns: systemDns,
  ...some,
});

t.test('a route with several addresses becomes one upstream that takes turns', (t) => {
  const to = [
    { url: 'https://a.test', weight: 1 },
    { url: 'http://b.test:81', weight: 1 },
  ];
  const upstream = compileUpstream(settings({ to }), unused);
  if (!(upstream instanceof Upstream)) throw new Error('not compiled');
  t.strictSame(
    upstream.endpoints.map(({ name }) => name),
    ['https://a.test:443', 'http://b.test:81'],
  );
  const first = upstream.pick();
  t.equal(first?.name, 'https://a.test:443');
  t.equal(upstream.pick()?.name, 'http://b.test:81');
  t.equal(upstream.pick({ not: first })?.name, 'http://b.test:81', 'another than the one that failed');
  t.end();
});

t.test('every mistake is told at its place', (t) => {
  const to = [
    { url: 'ftp://a.test', weight: 1 },
    { url: 'https://a.test', weight: 0 },
    { url: 'https+unix:///run/a.sock', weight: 1 },
  ];
  const issues = compileUpstream(settings({ to }), unused);
  if (issues instanceof Upstream) throw new Error('compiled');
  t.strictSame(
    issues.map(({ path }) => path.join('.')),
    ['to.0', 'to.1', 'to.2'],
  );
  t.match(issues[2]?.message, /tls_upstream_server_name/);
  t.match(compileUpstream(settings({ to: [] }), unused), [{ path: ['to'] }]);
  t.match(compileUpstream(settings({ tls_upstream_server_name: 'a b' }), unused), [
    { path: ['tls_upstream_server_name'] },
  ]);
  t.end();
});

t.test('a server name makes a TLS socket on this machine verifiable', (t) => {
  const upstream = compileUpstream(
    settings({ to: [{ url: 'https+unix:///run/a.sock', weight: 1 }], tls_upstream_server_name: 'App.test' }),
    unused,
  );
  t.type(upstream, Upstream);
  t.end();
});
