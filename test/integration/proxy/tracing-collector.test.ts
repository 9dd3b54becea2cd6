// The collector of traces: what it is shown and has to show, and that nobody ever waits for it.
import { X509Certificate } from 'node:crypto';
import path from 'node:path';
import t, { type Test } from 'tap';
import type { ConfigInput } from '../../../src/config/schema.ts';
import { startApp } from '../../support/app.ts';
import { makeTestPki, makeTestRoot } from '../../support/certificates.ts';
import { call, clientOptions } from '../../support/client.ts';
import { startCollector } from '../../support/collector.ts';
import { temporaryFolder, writeFiles } from '../../support/folder.ts';
import { startProxy } from '../../support/proxy.ts';
import { startRawUpstream } from '../../support/raw-upstream.ts';

/** An app and a proxy that traces; asked once, and drained. */
async function askOnce(t: Test, config: Partial<ConfigInput>) {
  const app = await startApp(t);
  const routes = [{ from: 'https://app.sallyport.localhost', to: app.url }];
  const running = await startProxy(t, { otel_traces_exporter: 'otlp', routes, ...config });
  const { status } = await call(clientOptions(running.pki, running.port));
  await running.proxy.drain();
  return { ...running, status };
}

t.test('over TLS it is shown what apps are shown, and the headers that are configured', async (t) => {
  const collector = await startCollector(t, { tls: true });
  const { heard } = await askOnce(t, {
    otel_exporter_otlp_traces_endpoint: `${collector.url}/v1/traces`,
    otel_exporter_otlp_headers: 'api-key=a%20secret,x-team=1',
    otel_resource_attributes: ['deployment.environment.name=test', 'service.name=other'],
    otel_service_name: 'gate',
  });
  t.match(await collector.span('server'), {
    resource: { 'service.name': 'gate', 'deployment.environment.name': 'test' },
  });
  t.match(collector.headers, [{ 'api-key': 'a secret', 'x-team': '1', 'user-agent': /^sallyport\// }]);
  const { upstreamClient } = await makeTestPki();
  t.strictSame(collector.clients, [new X509Certificate(upstreamClient.certPem).subject]);
  t.strictSame(heard.warnings, []);
});

t.test('over TLS it may be shown another certificate, and be of another CA', async (t) => {
  const { serverCa, issueClient, upstreamCa } = await makeTestPki();
  const own = await issueClient({ commonName: 'tracer' }, upstreamCa);
  const folder = temporaryFolder(t);
  writeFiles(folder, { ca: serverCa.certPem, cert: own.certPem, key: own.keyPem });
  const collector = await startCollector(t, { tls: true });
  await askOnce(t, {
    certificate_authority: (await makeTestRoot('Another')).certPem,
    routes: [{ from: 'https://app.sallyport.localhost', response: { status: 200 } }],
    otel_exporter_otlp_endpoint: collector.url,
    otel_exporter_otlp_certificate_file: path.join(folder, 'ca'),
    otel_exporter_otlp_client_certificate_file: path.join(folder, 'cert'),
    otel_exporter_otlp_client_key_file: path.join(folder, 'key'),
  });
  await collector.span('server');
  t.match(collector.clients, [/CN=tracer/]);
});

t.test('a reload renews what it is shown', async (t) => {
  const { issueClient, upstreamCa } = await makeTestPki();
  const folder = temporaryFolder(t);
  const write = async (commonName: string) => {
    const { certPem, keyPem } = await issueClient({ commonName }, upstreamCa);
    writeFiles(folder, { cert: certPem, key: keyPem });
  };
  await write('before');
  const collector = await startCollector(t, { tls: true });
  const { proxy, pki, port, config } = await startProxy(t, {
    otel_traces_exporter: 'otlp',
    otel_exporter_otlp_endpoint: collector.url,
    otel_exporter_otlp_client_certificate_file: path.join(folder, 'cert'),
    otel_exporter_otlp_client_key_file: path.join(folder, 'key'),
    routes: [{ from: 'https://app.sallyport.localhost', response: { status: 200 } }],
  });
  await write('after');
  t.match(await proxy.reload('file', config), { result: 'applied', issues: [] });
  await call(clientOptions(pki, port));
  await proxy.drain();
  t.match(collector.clients, [/CN=after/]);
});

t.test('one that cannot prove who it is gets nothing', async (t) => {
  const collector = await startCollector(t, { tls: true });
  const folder = temporaryFolder(t);
  writeFiles(folder, { ca: (await makeTestRoot('Another')).certPem });
  const { status, heard } = await askOnce(t, {
    otel_exporter_otlp_endpoint: collector.url,
    otel_exporter_otlp_certificate_file: path.join(folder, 'ca'),
  });
  t.equal(status, 200);
  t.strictSame(collector.headers, []);
  t.match(heard.warnings, [
    {
      code: 'spans_lost',
      detail: `2 spans did not reach ${collector.url}`,
      cause: { message: /unable to verify/ },
    },
  ]);
});

t.test('one that is not there, refuses or never answers changes nothing for requests', async (t) => {
  const refusing = await startCollector(t);
  refusing.answers.push({ status: 500 });
  const silent = await startRawUpstream(t, () => {});
  const cases = [
    ['http://127.0.0.1:1', /ECONNREFUSED/],
    [refusing.url, /answers 500/],
    [silent.url, /the proxy ends/],
  ] as const;
  for (const [otel_exporter_otlp_endpoint, message] of cases) {
    const { status, heard } = await askOnce(t, { otel_exporter_otlp_endpoint });
    t.equal(status, 200);
    t.match(heard.warnings, [{ code: 'spans_lost', cause: { message } }]);
  }
});
