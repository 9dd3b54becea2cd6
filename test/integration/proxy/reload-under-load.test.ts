// Reloads while requests come in: none is lost, on kept connections or new ones, and a refused reload changes nothing.
import { Agent } from 'node:https';
import type { TLSSocket } from 'node:tls';
import t from 'tap';
import { startApp } from '../../support/app.ts';
import { makeTestRoot } from '../../support/certificates.ts';
import { call, clientOptions } from '../../support/client.ts';
import { startProxy } from '../../support/proxy.ts';
import { until } from '../../support/until.ts';

const HOST = 'app.sallyport.localhost';
const FROM = `https://${HOST}`;

interface Teardown {
  teardown(fn: () => unknown): void;
}

async function setUp(t: Teardown) {
  const peers = new Set<string>();
  const app = await startApp(t, (request, response) => {
    peers.add((request.socket as TLSSocket).getPeerX509Certificate()?.fingerprint256 ?? '');
    response.setHeader('x-path', request.url ?? '');
    request.resume().on('end', () => response.end('answer'));
  });
  const running = await startProxy(t, { routes: [{ from: FROM, to: app.url }] });
  const kept = new Agent({ keepAlive: true, maxSockets: 4 });
  t.teardown(() => kept.destroy());
  return { ...running, app, peers, kept, options: clientOptions(running.pki, running.port) };
}

t.test(
  'certificates, routes and the identity for the apps change under load, and no request is lost',
  async (t) => {
    const { proxy, config, pki, app, peers, kept, options, heard } = await setUp(t);
    const over = new AbortController();
    const statuses: number[] = [];
    const asks = async (agent: Agent | undefined): Promise<void> => {
      while (!over.signal.aborted) {
        const made = agent === undefined ? {} : { agent };
        const answer = await call(options, { path: '/load', method: 'POST', body: 'x', ...made });
        statuses.push(answer.body === 'answer' ? answer.status : 0);
      }
    };
    const load = Promise.all([asks(kept), asks(kept), asks(undefined), asks(undefined)]);
    const edge = await pki.issueServer({ names: { dns: ['*.sallyport.localhost'] } });
    const identity = await pki.issueClient({ commonName: 'Sallyport anew' }, pki.upstreamCa);
    const changes = [
      { certificate: edge.certPem, certificate_key: edge.keyPem },
      { routes: [{ from: FROM, prefix: '/load', to: app.url, prefix_rewrite: '/moved' }] },
      { upstream_mtls: { cert: identity.certPem, key: identity.keyPem } },
      {},
    ];
    let now = config;
    for (const change of [...changes, ...changes]) {
      now = Object.keys(change).length === 0 ? config : { ...now, ...change };
      const before = statuses.length;
      t.match(await proxy.reload('call', now), { result: 'applied' });
      while (statuses.length < before + 20) await new Promise((resolve) => setTimeout(resolve, 5));
    }
    over.abort();
    await load;
    t.ok(statuses.length >= 160, `${statuses.length} requests`);
    t.strictSame(
      statuses.filter((status) => status !== 200),
      [],
    );
    t.strictSame(
      heard.exchanges.filter(({ error }) => error !== undefined),
      [],
    );
    t.equal(peers.size, 2, 'the app has seen the old identity and the new one');
  },
);

t.test('after a change of identity or trust for the apps no old connection is used', async (t) => {
  const { proxy, config, pki, app, peers, options } = await setUp(t);
  t.equal((await call(options)).status, 200);
  const identity = await pki.issueClient({ commonName: 'Sallyport anew' }, pki.upstreamCa);
  const changed = { ...config, upstream_mtls: { cert: identity.certPem, key: identity.keyPem } };
  await proxy.reload('call', changed);
  peers.clear();
  t.equal((await call(options)).status, 200);
  t.strictSame([...peers].length, 1);
  t.equal(await connectionsOf(app.server), 2);
  const stranger = await makeTestRoot('Nobody knows me');
  const routes = [{ from: FROM, to: app.url, tls_custom_ca: stranger.certPem }];
  await proxy.reload('call', { ...changed, routes });
  t.equal((await call(options)).status, 502, 'the app is no longer who it must be');
});

t.test('a client CA that is gone is gone for connections that are open, too', async (t) => {
  const { proxy, config, kept, options, heard } = await setUp(t);
  t.equal((await call(options, { agent: kept })).status, 200);
  const other = await makeTestRoot('Another client CA');
  await proxy.reload('call', { ...config, downstream_mtls: { ca: other.certPem } });
  await until(() => heard.revocations[0]);
  t.match(heard.revocations, [{ reason: 'unknown_issuer', state: 'idle' }]);
  t.equal((await call(options)).status, 403);
});

t.test('a refused reload keeps everything as it was', async (t) => {
  const { proxy, config, app, kept, options } = await setUp(t);
  t.equal((await call(options, { agent: kept })).status, 200);
  const bad = [
    { routes: [{ from: FROM, to: app.url, prefix: '/x', path: '/y' }] },
    { certificate: 'no certificate' },
    { downstream_mtls: { ca: '' } },
  ];
  for (const change of bad) {
    const { result, issues } = await proxy.reload('call', { ...config, ...change });
    t.equal(result, 'refused');
    t.ok(issues.length > 0);
    t.equal((await call(options, { agent: kept })).status, 200);
    t.equal((await call(options)).status, 200);
  }
  t.match(await proxy.reload('call', config), { result: 'unchanged' });
});

async function connectionsOf(server: {
  getConnections(cb: (error: Error | null, count: number) => void): unknown;
}) {
  return await new Promise<number>((resolve, reject) => {
    server.getConnections((error, count) => (error === null ? resolve(count) : reject(error)));
  });
}
