// What a client may show at the handshake and what must come of it, in both TLS versions and both ways of refusing:
// the table of the verdict, against a whole proxy.
import type { SecureVersion } from 'node:tls';
import t, { type Test } from 'tap';
import { startApp } from '../../support/app.ts';
import { makeTestPki } from '../../support/certificates.ts';
import { type ClientCase, makeClientCases, mtlsOf } from '../../support/client-cases.ts';
import { call, clientOptions } from '../../support/client.ts';
import { type RunningProxy, startProxy } from '../../support/proxy.ts';
import type { MtlsInput } from '../../support/trust.ts';

const pki = await makeTestPki();
const cases = await makeClientCases();
const VERSIONS: readonly SecureVersion[] = ['TLSv1.2', 'TLSv1.3'];

/** Rows that a proxy with one set of settings can be asked about. */
const bySettings = new Map<string, ClientCase[]>();
for (const it of cases) {
  const settings = JSON.stringify(await mtlsOf(it));
  bySettings.set(settings, [...(bySettings.get(settings) ?? []), it]);
}

async function start(
  t: Test,
  settings: string,
  enforcement: 'policy_with_default_deny' | 'reject_connection',
) {
  const app = await startApp(t);
  const proxy = await startProxy(t, {
    routes: [{ from: 'https://app.sallyport.localhost', to: app.url }],
    downstream_mtls: { ...(JSON.parse(settings) as MtlsInput), enforcement },
  });
  return { app, proxy };
}

function show({ client, chain = [] }: ClientCase, port: number, version: SecureVersion) {
  return clientOptions(pki, port, {
    minVersion: version,
    maxVersion: version,
    // So that the client itself does not refuse to show a weak certificate.
    ciphers: 'DEFAULT@SECLEVEL=0',
    cert: client && [client, ...chain].map(({ certPem }) => certPem).join(''),
    key: client?.keyPem,
  });
}

function isReported(t: Test, { heard }: RunningProxy, it: ClientCase): void {
  const shown = it.client !== undefined && it.verdict !== 'malformed';
  t.match(heard.handshakeFailures, [
    { phase: 'certificate', reason: it.verdict, sni: 'app.sallyport.localhost' },
  ]);
  t.equal(heard.handshakeFailures.length, 1, 'reported once');
  const [failure] = heard.handshakeFailures.splice(0);
  if (shown) t.match(failure, { serial: /^[0-9a-f]+$/, issuer: /CN=/, subject: /CN=/ });
  else t.match(failure, { serial: undefined, issuer: undefined, subject: undefined });
}

for (const [settings, rows] of bySettings) {
  const title = rows.length > 1 ? `${rows.length} certificates` : (rows[0]?.name ?? '');
  t.test(`answered in HTTP: ${title}`, async (t) => {
    const { app, proxy } = await start(t, settings, 'policy_with_default_deny');
    for (const version of VERSIONS)
      for (const it of rows)
        await t.test(`${version}, ${it.name}: ${it.verdict}`, async (t) => {
          app.requests.length = 0;
          const answer = await call(show(it, proxy.port, version), {
            headers: { accept: 'application/json' },
          });
          if (it.verdict === 'ok') {
            t.equal(answer.status, 200);
            t.equal(app.requests.length, 1);
            t.equal(proxy.heard.handshakeFailures.length, 0);
            return;
          }
          t.equal(answer.status, 403);
          t.equal(answer.headers['content-type'], 'application/problem+json');
          const code =
            it.verdict === 'none_sent' ? 'client_certificate_required' : 'client_certificate_invalid';
          t.match(JSON.parse(answer.body), { code, cause: it.verdict, status: 403 });
          t.equal(answer.headers.connection, 'close');
          t.equal(app.requests.length, 0, 'the app saw nothing');
          isReported(t, proxy, it);
        });
  });

  t.test(`closed in TLS: ${title}`, async (t) => {
    const { app, proxy } = await start(t, settings, 'reject_connection');
    for (const version of VERSIONS)
      for (const it of rows)
        await t.test(`${version}, ${it.name}: ${it.verdict}`, async (t) => {
          app.requests.length = 0;
          const before = proxy.heard.exchanges.length;
          const answer = call(show(it, proxy.port, version));
          if (it.verdict === 'ok') {
            t.equal((await answer).status, 200);
            return;
          }
          await t.rejects(answer, { code: /ECONNRESET|EPIPE/ }, 'not a byte of HTTP');
          t.equal(app.requests.length, 0, 'the app saw nothing');
          t.equal(proxy.heard.exchanges.length, before, 'nor was there an exchange');
          isReported(t, proxy, it);
        });
  });
}
