// What of a request is in its trace, and what an app is told of it.
import t, { type Test } from 'tap';
import type { ConfigInput } from '../../../src/config/schema.ts';
import { type Reflection, startApp } from '../../support/app.ts';
import { makeTestPki } from '../../support/certificates.ts';
import { call, clientOptions, sendRaw } from '../../support/client.ts';
import { startCollector } from '../../support/collector.ts';
import { h2Call, openH2 } from '../../support/h2-client.ts';
import { startProxy } from '../../support/proxy.ts';
import { startRawUpstream } from '../../support/raw-upstream.ts';

const HOST = 'app.sallyport.localhost';
const FROM = `https://${HOST}`;
const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
const PARENT = 'b7ad6b7169203331';
const SAMPLED = `00-${TRACE_ID}-${PARENT}-01`;

/** An app, a proxy that traces, and a collector. */
async function setUp(t: Test, config: Partial<ConfigInput> = {}) {
  const app = await startApp(t);
  const collector = await startCollector(t);
  const running = await startProxy(t, {
    otel_traces_exporter: 'otlp',
    otel_exporter_otlp_endpoint: collector.url,
    routes: [{ name: 'wiki', from: FROM, to: app.url }],
    ...config,
  });
  return { ...running, app, collector };
}

/** Values of a field, as the app got them. */
function told(body: string, name: string): string[] {
  const { rawHeaders } = JSON.parse(body) as Reflection;
  return rawHeaders.filter((_, at) => at % 2 === 1 && rawHeaders[at - 1]?.toLowerCase() === name);
}

t.test(
  'a request is a span, asking the app is one below it, and the app is told of the latter',
  async (t) => {
    const { port, pki, proxy, app, collector, exchange } = await setUp(t);
    const headers = { authorization: 'Bearer secret', cookie: 'a=secret' };
    const answer = await call(clientOptions(pki, port), { path: '/pages/1?key=secret', headers });
    t.equal(answer.status, 200);
    const record = await exchange(0);
    await proxy.drain();
    const [server, client] = [await collector.span('server'), await collector.span('client')];
    t.equal(collector.spans.length, 2);
    t.match(server, { name: 'GET wiki', parentSpanId: '', isError: false, flags: 0x101 });
    t.strictSame(server.attributes, {
      'http.request.method': 'GET',
      'url.scheme': 'https',
      'url.path': '/pages/1',
      'server.address': HOST,
      'client.address': '127.0.0.1',
      'client.port': record.connection.remotePort,
      'network.protocol.version': '1.1',
      'sallyport.request_id': record.requestId,
      'http.route': 'wiki',
      'http.response.status_code': 200,
    });
    t.match(client, { name: 'GET', traceId: server.traceId, parentSpanId: server.spanId, isError: false });
    t.strictSame(client.attributes, {
      'http.request.method': 'GET',
      'url.full': `${app.url}/pages/1`,
      'server.address': 'localhost',
      'server.port': Number(new URL(app.url).port),
      'http.response.status_code': 200,
    });
    t.ok(server.startMs <= client.startMs && client.endMs <= server.endMs, 'one within the other');
    t.strictSame(told(answer.body, 'traceparent'), [`00-${server.traceId}-${client.spanId}-01`]);
    t.strictSame(told(answer.body, 'tracestate'), []);
    t.match(record.trace, { traceId: server.traceId, spanId: server.spanId });
    t.notMatch(JSON.stringify(collector.spans), /secret/);
    t.match(server.resource, { 'service.name': 'sallyport', 'process.pid': process.pid });
  },
);

t.test('in HTTP/2 a client with a certificate has its trace continued', async (t) => {
  const { port, pki, proxy, collector } = await setUp(t);
  const session = await openH2(t, clientOptions(pki, port));
  const state = ['tracestate', 'one=1', 'tracestate', 'two=2'];
  const answer = await h2Call(session, { authority: HOST, headers: ['traceparent', SAMPLED, ...state] });
  t.equal(answer.status, 200);
  session.close();
  await proxy.drain();
  const [server, client] = [await collector.span('server'), await collector.span('client')];
  t.match(server, { traceId: TRACE_ID, parentSpanId: PARENT, state: 'one=1,two=2', flags: 0x301 });
  t.equal(server.attributes['network.protocol.version'], '2');
  t.match(client, { traceId: TRACE_ID, parentSpanId: server.spanId, flags: 0x101 });
  t.strictSame(told(answer.body, 'traceparent'), [`00-${TRACE_ID}-${client.spanId}-01`]);
  t.strictSame(told(answer.body, 'tracestate'), ['one=1,two=2']);
});

t.test('a malformed traceparent begins a new trace, and never reaches the app', async (t) => {
  const { port, pki, proxy, collector } = await setUp(t);
  const malformed = [
    `00-${TRACE_ID}-${PARENT}-01-more`,
    `ff-${TRACE_ID}-${PARENT}-01`,
    `00-${'0'.repeat(32)}-${PARENT}-01`,
    [SAMPLED, SAMPLED],
  ];
  for (const traceparent of malformed) {
    const headers = { traceparent, 'Trace-Parent': 'x', tracestate: 'one=1' };
    const answer = await call(clientOptions(pki, port), { headers });
    const [value = '', ...others] = told(answer.body, 'traceparent');
    t.match(value, /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    t.notMatch(value, TRACE_ID);
    t.strictSame([others, told(answer.body, 'trace-parent'), told(answer.body, 'tracestate')], [[], [], []]);
  }
  await proxy.drain();
  await collector.span('server', malformed.length - 1);
  t.strictSame(
    collector.spans.filter((span) => span.kind === 'server').map((span) => span.parentSpanId),
    malformed.map(() => ''),
  );
});

t.test('a stranger continues no trace, and nobody but the ratio decides about it', async (t) => {
  const app = await startApp(t);
  const { clientCa } = await makeTestPki();
  const { port, pki, proxy, collector } = await setUp(t, {
    otel_traces_sampler_arg: 0,
    downstream_mtls: { ca: clientCa.certPem, enforcement: 'policy' },
    routes: [{ name: 'open', from: FROM, to: app.url, allow_public_unauthenticated_access: true }],
  });
  const headers = { traceparent: SAMPLED, tracestate: 'one=1' };
  const stranger = clientOptions(pki, port, { cert: undefined, key: undefined });
  const strange = await call(stranger, { headers });
  t.equal(strange.status, 200);
  const [said = ''] = told(strange.body, 'traceparent');
  t.match(said, /^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
  t.notMatch(said, TRACE_ID);
  t.strictSame(told(strange.body, 'tracestate'), []);
  const known = await call(clientOptions(pki, port), { headers });
  t.match(told(known.body, 'traceparent'), [new RegExp(`^00-${TRACE_ID}-[0-9a-f]{16}-01$`)]);
  await proxy.drain();
  t.match(await collector.span('server'), { traceId: TRACE_ID, name: 'GET open' });
  t.equal(collector.spans.length, 2, 'those of the known client alone');
});

t.test('what a client with a certificate does not want recorded is not, but its trace goes on', async (t) => {
  const { port, pki, proxy, collector } = await setUp(t);
  const traceparent = `00-${TRACE_ID}-${PARENT}-00`;
  const answer = await call(clientOptions(pki, port), { headers: { traceparent } });
  t.match(told(answer.body, 'traceparent'), [new RegExp(`^00-${TRACE_ID}-[0-9a-f]{16}-00$`)]);
  await proxy.drain();
  t.strictSame(collector.headers, []);
});

t.test('each attempt is a span with its endpoint and what it failed of', async (t) => {
  const heads: string[] = [];
  const { url, port: appPort } = await startRawUpstream(t, (socket, index) => {
    socket.on('data', (chunk: Buffer) => {
      heads.push(chunk.toString('latin1'));
      if (index === 0) socket.destroy();
      else socket.write('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n');
    });
  });
  const { port, pki, proxy, collector } = await setUp(t, { routes: [{ name: 'app', from: FROM, to: url }] });
  t.equal((await call(clientOptions(pki, port))).status, 404);
  await proxy.drain();
  const first = await collector.span('client', 0);
  const second = await collector.span('client', 1);
  const server = await collector.span('server');
  const shared = { 'server.address': '127.0.0.1', 'server.port': appPort };
  t.match(first.attributes, { ...shared, 'error.type': 'upstream_reset' });
  t.notOk('http.request.resend_count' in first.attributes);
  t.match(second.attributes, { ...shared, 'http.request.resend_count': 1, 'http.response.status_code': 404 });
  t.strictSame([first.isError, second.isError, server.isError], [true, true, false]);
  t.strictSame([first.parentSpanId, second.parentSpanId], [server.spanId, server.spanId]);
  t.ok(first.endMs <= second.startMs);
  t.match(heads[0], `-${first.spanId}-01`);
  t.match(heads[1], `-${second.spanId}-01`);
});

t.test(
  'what is refused is a span as well, an error only where it is not the fault of the client',
  async (t) => {
    const gone = await startRawUpstream(t, (socket) => socket.destroy());
    const { port, pki, proxy, collector } = await setUp(t, {
      routes: [{ name: 'gone', from: FROM, to: gone.url }],
    });
    await call(clientOptions(pki, port, { cert: undefined, key: undefined }), { path: '/x' });
    await call(clientOptions(pki, port), { method: 'POST', body: 'x' });
    await proxy.drain();
    const [refused, failed] = [await collector.span('server', 0), await collector.span('server', 1)];
    t.match(refused, { name: 'GET', isError: false });
    t.match(refused.attributes, {
      'http.response.status_code': 403,
      'error.type': 'client_certificate_required',
      'http.route': undefined,
    });
    t.match(failed, { name: 'POST gone', isError: true });
    t.match(failed.attributes, { 'http.response.status_code': 502, 'error.type': 'upstream_reset' });
  },
);

t.test('methods that are made up make no names', async (t) => {
  const { port, pki, proxy, collector } = await setUp(t);
  await call(clientOptions(pki, port), { method: 'PROPFIND' });
  await proxy.drain();
  t.match(await collector.span('server'), {
    name: 'HTTP wiki',
    attributes: { 'http.request.method': '_OTHER', 'http.request.method_original': 'PROPFIND' },
  });
});

t.test('what is no request is a span without what could not be read', async (t) => {
  const { port, pki, proxy, collector } = await setUp(t);
  t.match(await sendRaw(clientOptions(pki, port), 'nonsense\r\n\r\n'), /^HTTP\/1.1 400 /);
  await proxy.drain();
  const { name, attributes } = await collector.span('server');
  t.equal(name, 'HTTP');
  t.match(attributes, { 'http.request.method': '_OTHER', 'error.type': 'bad_request_line' });
  t.notOk('url.path' in attributes || 'server.address' in attributes);
});

t.test('a reload changes the ratio, and says what waits for a restart', async (t) => {
  const { port, pki, proxy, config, collector } = await setUp(t);
  const changed = { ...config, otel_traces_sampler_arg: 0, otel_service_name: 'other' };
  const { result, issues } = await proxy.reload('call', changed);
  t.equal(result, 'applied');
  t.strictSame(issues, ['otel_service_name: the change waits for a restart']);
  const answer = await call(clientOptions(pki, port));
  t.match(told(answer.body, 'traceparent'), [/-00$/]);
  await proxy.drain();
  t.strictSame(collector.headers, []);
});
