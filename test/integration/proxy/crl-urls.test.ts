// Revocation lists that are fetched: from the addresses that the configuration names and no others, checked before they
// count, kept when the next ones are no good.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import t, { type Test } from 'tap';
import { objectSource } from '../../../src/app/config-source.ts';
import { prepare } from '../../../src/app/prepare.ts';
import type { ConfigInput } from '../../../src/config/schema.ts';
import { parseCertificate } from '../../../src/pki/facts.ts';
import { type CrlOptions, issueCrl } from '../../../src/pki/issue-crl.ts';
import { UpstreamRegistry } from '../../../src/upstream/registry.ts';
import { makeTestPki, makeTestRoot } from '../../support/certificates.ts';
import { call, clientOptions, closed, openClient } from '../../support/client.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { baseConfig, startProxy } from '../../support/proxy.ts';
import { until } from '../../support/until.ts';

const HOST = 'app.sallyport.localhost';
const pki = await makeTestPki();
const bob = await pki.issueClient({ commonName: 'Bob' });
const bobs = [{ serial: parseCertificate(bob.der).serial }];
const BOB = { cert: bob.certPem, key: bob.keyPem };
const routes: ConfigInput['routes'] = [{ from: `https://${HOST}`, response: { body: 'in' } }];

let edition = 0;
/** The next edition of the client CA's list, a second newer than the one before. */
async function listOf(options: Partial<CrlOptions> = {}, issuer = pki.clientCa): Promise<Buffer> {
  edition++;
  const thisUpdate = new Date(Date.now() - 3_600_000 + edition * 1000);
  return (await issueCrl(issuer, { revoked: [], number: edition, thisUpdate, ...options })).der;
}

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** A place for lists; what it answers can be changed at any time. */
async function startPlace(t: Test, first: Answer) {
  const place = { answer: first, requests: [] as IncomingMessage[], url: '', close: () => server.close() };
  const server = createServer((request, response) => {
    place.requests.push(request);
    place.answer(request, response);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.teardown(() => server.close());
  place.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/people.crl`;
  return place;
}

/** As a web server does it. */
function serving(list: Buffer): Answer {
  const etag = `"${list.subarray(-8).toString('hex')}"`;
  return (request, response) => {
    if (request.headers['if-none-match'] === etag) response.writeHead(304).end();
    else response.writeHead(200, { etag }).end(list);
  };
}

const mtls = (url: string, more: ConfigInput['downstream_mtls'] = {}): ConfigInput['downstream_mtls'] => ({
  ca: pki.clientCa.certPem,
  crl_urls: [url],
  crl_refresh: '1s',
  ...more,
});

t.test('a list is fetched at the start; a new one counts by itself, for open connections, too', async (t) => {
  const place = await startPlace(t, serving(await listOf()));
  const { port, heard } = await startProxy(t, { routes, downstream_mtls: mtls(place.url) });
  t.equal((await call(clientOptions(pki, port, BOB))).status, 200);
  const his = await openClient(t, clientOptions(pki, port, BOB));
  const hers = await openClient(t, clientOptions(pki, port));
  await until(() => place.requests.length > 1 || undefined);
  t.ok(place.requests[1]?.headers['if-none-match'], 'what has not changed is not sent again');
  place.answer = serving(await listOf({ revoked: bobs }));
  his.resume();
  await closed(his);
  t.match(heard.revocations, [{ reason: 'revoked' }]);
  t.notOk(hers.destroyed);
  t.match(await call(clientOptions(pki, port, BOB)), { status: 403 });
  t.equal((await call(clientOptions(pki, port))).status, 200);
});

t.test('what is no good is told, and the last good list stays', async (t) => {
  const good = await listOf({ revoked: bobs });
  const place = await startPlace(t, serving(good));
  const { port, heard } = await startProxy(t, {
    routes,
    downstream_mtls: mtls(place.url, { max_crl_bytes: 2000 }),
  });
  const impostor = await makeTestRoot('Test client CA');
  const forged = await listOf({}, impostor);
  const older = await listOf({ thisUpdate: new Date(Date.now() - 7_200_000) });
  const other = await listOf({}, await makeTestRoot('Somebody else'));
  const wrong: [Answer, RegExp][] = [
    [serving(forged), /is not signed by its key/],
    [serving(older), /is older than the one that is there/],
    [serving(other), /of no CA of the bundle/],
    [serving(Buffer.from('hello')), /no revocation list in it/],
    [(_, response) => response.writeHead(500).end(), /answered 500/],
    [(_, response) => response.writeHead(302, { location: '/x' }).end(), /redirects are not followed/],
    [(_, response) => response.end(Buffer.alloc(5000)), /longer than 2000 bytes/],
    [(_, response) => void response.socket?.destroy(), /hang up|ECONNRESET/],
    [(_, response) => response.writeHead(200, { 'content-length': '99' }).end('x').destroy(), /./],
  ];
  for (const [answer, message] of wrong) {
    place.answer = answer;
    const told = () =>
      heard.warnings.find(({ code, detail }) => code === 'crl_fetch_failed' && message.test(detail));
    t.match((await until(told)).detail, message);
    heard.warnings.length = 0;
    t.equal((await call(clientOptions(pki, port, BOB))).status, 403, 'he is still revoked');
    t.equal((await call(clientOptions(pki, port))).status, 200, 'she is still admitted');
    const before = place.requests.length;
    place.answer = serving(good);
    await until(() => place.requests.length > before || undefined);
  }
});

t.test('without a list nobody comes in; with the first one they do', async (t) => {
  const place = await startPlace(t, (_, response) => response.writeHead(503).end());
  const { port, heard } = await startProxy(t, { routes, downstream_mtls: mtls(place.url) });
  t.ok(heard.warnings.some(({ detail }) => /crl_urls\[0\].*answered 503/.test(detail)));
  t.match(await call(clientOptions(pki, port)), { status: 403, body: /crl_missing/ });
  place.answer = serving(await listOf());
  let status = 403;
  while (status === 403) ({ status } = await call(clientOptions(pki, port)));
  t.equal(status, 200, 'without a reload');
});

t.test('what was fetched is there after a restart, before the network is', async (t) => {
  const crl_cache_dir = temporaryFolder(t);
  const place = await startPlace(t, serving(await listOf({ revoked: bobs })));
  const downstream_mtls = mtls(place.url, { crl_cache_dir });
  const first = await startProxy(t, { routes, downstream_mtls });
  await first.proxy.close();
  t.match(readdirSync(crl_cache_dir), [/^[0-9a-f]{64}\.crl$/]);
  place.close();
  const { port } = await startProxy(t, { routes, downstream_mtls });
  t.equal((await call(clientOptions(pki, port))).status, 200);
  t.equal((await call(clientOptions(pki, port, BOB))).status, 403);
});

t.test('an address that is named no more is asked no more; checking asks nobody', async (t) => {
  const place = await startPlace(t, serving(await listOf()));
  const config = { ...baseConfig(pki), routes, downstream_mtls: mtls(place.url) };
  const registry = new UpstreamRegistry();
  const { prepared, problems } = await prepare(objectSource(config, {}), {
    registry,
    now: Date.now(),
    previous: undefined,
  });
  t.ok(prepared);
  t.strictSame(problems, [], 'and has nothing to say about lists that it does not know');
  t.equal(place.requests.length, 0);
  const { proxy, port } = await startProxy(t, config);
  await proxy.reload('call', { ...config, downstream_mtls: { ca: pki.clientCa.certPem } });
  const asked = place.requests.length;
  t.equal((await call(clientOptions(pki, port))).status, 200);
  const other = await startPlace(t, serving(await listOf()));
  await proxy.reload('call', { ...config, downstream_mtls: mtls(other.url) });
  await until(() => other.requests.length > 2 || undefined);
  t.equal(place.requests.length, asked);
});

t.test('one address for two hosts with CAs of their own; a refused reload takes no list away', async (t) => {
  const otherCa = await makeTestRoot('Another client CA');
  const carol = await pki.issueClient({ commonName: 'Carol' }, otherCa);
  const [ours, theirs] = [
    await issueCrl(pki.clientCa, { revoked: [] }),
    await issueCrl(otherCa, { revoked: [] }),
  ];
  const place = await startPlace(t, serving(Buffer.from(ours.crlPem + theirs.crlPem)));
  const other = 'other.sallyport.localhost';
  const bundle = pki.clientCa.certPem + otherCa.certPem;
  const { port, proxy, config } = await startProxy(t, {
    routes: [...routes, { from: `https://${other}`, response: { body: 'other' } }],
    downstream_mtls: mtls(place.url, { ca: bundle }),
    hosts: [{ host: other, downstream_mtls: { ca: bundle, crl_urls: [place.url] } }],
  });
  const hers = { cert: carol.certPem, key: carol.keyPem };
  t.equal((await call(clientOptions(pki, port))).status, 200);
  t.equal((await call(clientOptions(pki, port, { ...hers, servername: other }))).status, 200);
  const stranger = await makeTestRoot('Nobody');
  const { result } = await proxy.reload('call', {
    ...config,
    downstream_mtls: mtls(place.url, { ca: stranger.certPem }),
    routes: [{ from: 'nothing', to: 'nowhere' }],
  });
  t.equal(result, 'refused');
  const before = place.requests.length;
  await until(() => place.requests.length > before + 1 || undefined);
  t.equal((await call(clientOptions(pki, port))).status, 200, 'the lists in force are still there');
});
