// The admin listener: what it tells, and whom it does not tell.
import { once } from 'node:events';
import { type IncomingMessage, request, type RequestOptions } from 'node:http';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import t, { type Test } from 'tap';
import type { ConfigInput } from '../../../src/config/schema.ts';
import { startApp } from '../../support/app.ts';
import { makeTestPki } from '../../support/certificates.ts';
import { call, clientOptions, openClient } from '../../support/client.ts';
import { parseCertificate } from '../../../src/pki/facts.ts';
import { certificateFile, explanationOf } from '../../support/explain.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { baseConfig, startProxy } from '../../support/proxy.ts';
import { until } from '../../support/until.ts';

const HOST = 'app.sallyport.localhost';
const pki = await makeTestPki();
const routes: ConfigInput['routes'] = [{ from: `https://${HOST}`, response: { body: 'in' } }];

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

async function ask(
  where: RequestOptions,
  url: string,
  options: RequestOptions = {},
  body?: Buffer,
): Promise<Answer> {
  const outgoing = request({ ...where, path: url, agent: false, ...options });
  outgoing.end(body);
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  return { status: response.statusCode ?? 0, headers: response.headers, body: await text(response) };
}

async function setUp(t: Test, more: Partial<ConfigInput> = {}) {
  const running = await startProxy(t, { routes, admin_address: '127.0.0.1:0', ...more });
  const { adminAddress } = running.proxy;
  if (adminAddress === undefined) throw new Error('no admin listener');
  const where =
    'path' in adminAddress
      ? { socketPath: adminAddress.path }
      : { host: adminAddress.host, port: adminAddress.port };
  const get = (url: string, options?: RequestOptions, body?: Buffer) => ask(where, url, options, body);
  return { ...running, get };
}

t.test('health, readiness and status', async (t) => {
  const app = await startApp(t, () => undefined);
  const { get, proxy, port, config } = await setUp(t, { routes: [{ from: `https://${HOST}`, to: app.url }] });
  t.match(await get('/healthz'), { status: 200, body: 'ok\n' });
  t.match(await get('/readyz'), { status: 200, body: 'ready\n' });
  t.match(await get('/healthz', { method: 'HEAD' }), {
    status: 200,
    body: '',
    headers: { 'content-length': '3' },
  });
  await proxy.reload('call', { ...config, address: 'nowhere' });
  const { status, body, headers } = await get('/status');
  t.equal(status, 200);
  t.match(headers, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  t.match(JSON.parse(body), {
    version: /^\d/,
    state: 'ready',
    addresses: [`https://127.0.0.1:${port}`],
    connections: 0,
    routes: 1,
    last_reload: { result: 'refused', trigger: 'call', issues: [/address/] },
    certificates: { status: 'ok' },
  });
  const socket = await openClient(t, clientOptions(pki, port));
  socket.write(`GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
  await until(() => app.requests[0]);
  const drained = proxy.drain();
  t.match(await get('/readyz'), { status: 503, body: 'draining\n' });
  t.match(await get('/healthz'), { status: 200 });
  socket.destroy();
  await drained;
  await t.rejects(get('/healthz'), { code: 'ECONNREFUSED' });
});

t.test('a page for people, without anything from elsewhere', async (t) => {
  const { get } = await setUp(t);
  const { body, headers } = await get('/');
  t.match(headers['content-security-policy'], /default-src 'none'/);
  t.match(body, /<h1>Sallyport is ready<\/h1>/);
  t.match(body, /CN=Test client CA/);
});

t.test('certificates', async (t) => {
  const { get } = await setUp(t);
  const { entries } = JSON.parse((await get('/certs')).body) as { entries: { use: string }[] };
  t.strictSame(
    new Set(entries.map(({ use }) => use)),
    new Set(['edge', 'client_ca', 'upstream_identity', 'upstream_ca']),
  );
});

t.test('metrics count what happened', async (t) => {
  const { get, port, proxy, config, exchange } = await setUp(t);
  await call(clientOptions(pki, port));
  await call(clientOptions(pki, port), { path: '/x' });
  await call(clientOptions(pki, port, { cert: undefined, key: undefined }));
  await exchange(2);
  await proxy.reload('call', { ...config, address: 'nowhere' });
  await openClient(t, clientOptions(pki, port));
  const { body, headers } = await get('/metrics');
  t.match(headers['content-type'], /^text\/plain; version=0\.0\.4/);
  const lines = body.split('\n');
  for (const line of [
    `sallyport_requests_total{route="${HOST}",status="200",error=""} 2`,
    'sallyport_requests_total{route="",status="403",error="client_certificate_required"} 1',
    'sallyport_handshakes_total{tls_version="TLSv1.3",resumed="false",client_certificate="verified"} 3',
    'sallyport_handshakes_total{tls_version="TLSv1.3",resumed="false",client_certificate="none"} 1',
    'sallyport_refusals_total{error="client_certificate_required",reason="none_sent"} 1',
    'sallyport_handshake_failures_total{phase="certificate",reason="none_sent"} 1',
    `sallyport_request_duration_seconds_count{route="${HOST}"} 2`,
    `sallyport_request_duration_seconds_bucket{le="+Inf",route="${HOST}"} 2`,
    'sallyport_request_duration_seconds_count{route=""} 1',
    'sallyport_config_reloads_total{result="refused",trigger="call"} 1',
    'sallyport_config_last_reload_successful 0',
    'sallyport_connections 1',
  ])
    t.ok(lines.includes(line), line);
  t.match(body, /^sallyport_response_bytes_total \d+$/m);
  t.match(
    body,
    /^sallyport_not_after_timestamp_seconds\{use="client_ca",name="CN=Test client CA,O=Test",serial="[0-9a-f]+"\} \d+$/m,
  );
  t.match(body, /^sallyport_build_info\{version="\d.*",node="v\d.*"\} 1$/m);
  t.match(body, /^process_resident_memory_bytes \d+$/m);
  t.equal(
    (await get('/metrics')).body.match(/sallyport_requests_total\{route="app[^ ]*,status="200"/g)?.length,
    1,
    'and not twice',
  );
});

t.test('the apps, with their health and what they have to do', async (t) => {
  const [well, gone] = [await startApp(t), await startApp(t)];
  gone.server.close();
  const to = [well.url, gone.url];
  const { get, port } = await setUp(t, {
    routes: [{ from: `https://${HOST}`, to, outlier_detection: { consecutive_local_origin_failure: 1 } }],
  });
  for (let i = 0; i < 4; i++) await call(clientOptions(pki, port));
  const lines = (await get('/metrics')).body.split('\n');
  for (const line of [
    `sallyport_upstream_healthy{upstream="${well.url}"} 1`,
    `sallyport_upstream_healthy{upstream="${gone.url}"} 0`,
    `sallyport_upstream_connections{upstream="${well.url}"} 1`,
    `sallyport_upstream_requests_in_flight{upstream="${well.url}"} 0`,
    `sallyport_upstream_requests_pending{upstream="${well.url}"} 0`,
  ])
    t.ok(lines.includes(line), line);
  const { body } = await get('/live');
  t.match(body, new RegExp(`${gone.url}</span></td><td data-label="State"><strong class="bad">left out`));
});

t.test('what is under way, by whom, and how much memory it takes', async (t) => {
  const app = await startApp(t, () => undefined);
  const { get, port, exchange } = await setUp(t, {
    routes: [{ name: 'slow', from: `https://${HOST}`, to: app.url }],
    max_memory: '64GiB',
  });
  const client = await openClient(t, clientOptions(pki, port));
  client.write(`GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
  await until(() => app.requests.length === 1);
  const { body } = await get('/metrics');
  const { subject, sha256, notAfter } = parseCertificate(pki.client.der);
  const labels = `subject="${subject.replaceAll('"', '\\"')}",sha256="${sha256}"`;
  for (const line of [
    'sallyport_requests_in_flight{route="slow"} 1',
    `sallyport_client_not_after_timestamp_seconds{${labels}} ${notAfter / 1000}`,
  ])
    t.ok(body.split('\n').includes(line), line);
  t.match((await get('/live')).body, /slow<\/span><\/td>.*data-label="In flight">1</);
  t.match(body, /^sallyport_memory_share 0\.0\d+$/m);
  client.destroy();
  await exchange(0);
  t.notMatch((await get('/metrics')).body, /sallyport_requests_in_flight\{/);
});

t.test('explain, as on the command line', async (t) => {
  const { get, config } = await setUp(t);
  const url = `https://${HOST}/a?b=c`;
  const query = `/explain?url=${encodeURIComponent(url)}&method=POST&ip=192.0.2.1&at=2027-01-01&tls=1.2`;
  const certificate = certificateFile(pki.client);
  const words = { url, method: 'POST', ip: '192.0.2.1', at: '2027-01-01', tls: '1.2' };
  const { status, body } = await get(query, { method: 'POST' }, certificate);
  t.equal(status, 200);
  t.strictSame(
    JSON.parse(body),
    JSON.parse(JSON.stringify(await explanationOf(config, { ...words, certificate }))),
  );
  t.match(JSON.parse((await get(query)).body), { admitted: false, answer: { reason: 'none_sent' } });
  for (const [wrong, message] of [
    ['/explain', /Say \?url=/],
    ['/explain?url=x', /not a URL/],
    [`/explain?url=${encodeURIComponent(url)}&ip=x`, /not an IP/],
  ] as const)
    t.match(await get(wrong), { status: 400, body: message });
  t.match(await get(query, { method: 'POST' }, Buffer.from('junk')), { status: 400, body: /no certificate/ });
  t.match(await get(query, { method: 'POST' }, Buffer.alloc(100_000)), { status: 413 });
});

t.test('pages of other sites get nothing, whatever they send', async (t) => {
  const { get, proxy } = await setUp(t);
  const { adminAddress } = proxy;
  const own = adminAddress && 'port' in adminAddress ? `127.0.0.1:${adminAddress.port}` : '';
  for (const headers of [
    { host: 'evil.example' },
    { host: 'localhost.evil.example' },
    { host: '127.0.0.1.evil.example:1' },
    { host: own, origin: 'https://evil.example' },
    { host: own, origin: 'null' },
    { host: own, origin: `https://${own}` },
    { host: own, 'sec-fetch-site': 'cross-site' },
    { host: own, 'sec-fetch-site': 'same-site' },
  ])
    for (const url of ['/status', '/explain?url=x', '/nothing'])
      t.match(await get(url, { headers }), { status: 403, body: /machine itself/ }, JSON.stringify(headers));
  for (const headers of [
    { host: own, origin: `http://${own}`, 'sec-fetch-site': 'same-origin' },
    { host: 'localhost', 'sec-fetch-site': 'none' },
    { host: '[::1]:80' },
  ])
    t.match(await get('/status', { headers }), { status: 200 }, JSON.stringify(headers));
});

t.test('only what there is, only by its own path and method', async (t) => {
  const { get } = await setUp(t);
  for (const url of ['/status/', '//status', '/%73tatus', '/../status', '/STATUS', '/load', '/config'])
    t.match(await get(url), { status: 404 }, url);
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS'])
    t.match(await get('/status', { method }), { status: 405, headers: { allow: 'GET, HEAD' } }, method);
  t.match(await get('/explain', { method: 'DELETE' }), {
    status: 405,
    headers: { allow: 'GET, HEAD, POST' },
  });
});

t.test('on a unix socket as well, and nowhere that others reach', async (t) => {
  const { get } = await setUp(t, { admin_address: `unix:${path.join(temporaryFolder(t), 'admin.sock')}` });
  t.match(await get('/healthz'), { status: 200 });
  for (const admin_address of [':9090', '0.0.0.0:9090', '10.0.0.1:9090', '[::]:9090', 'example.com:9090'])
    await t.rejects(startProxy(t, { routes, admin_address }), { message: /not on this machine alone/ });
  const { proxy } = await startProxy(t, { ...baseConfig(pki), routes });
  t.equal(proxy.adminAddress, undefined, 'nowhere, unless it is asked for');
});
