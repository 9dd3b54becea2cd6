import t from 'tap';
import { autocertPlan, ordersOf } from '../../../src/app/autocert-plan.ts';
import { SettingFiles } from '../../../src/app/setting-files.ts';
import { parseConfigObject } from '../../../src/config/parse.ts';
import type { Issue } from '../../../src/core/issue.ts';
import { type Credential, parseCredential } from '../../../src/pki/credential.ts';
import { makeTestPki } from '../../support/certificates.ts';

const { issueServer, clientCa } = await makeTestPki();

async function credentialFor(...dns: string[]): Promise<Credential> {
  const { certPem, keyPem } = await issueServer({ names: { dns }, days: 30 });
  const { credential } = parseCredential({ certPem, keyPem, now: Date.now() });
  if (credential === undefined) throw new Error('no credential');
  return credential;
}

async function plan(hosts: readonly string[], given: readonly Credential[] = [], more: object = {}) {
  const result = parseConfigObject({
    autocert: true,
    downstream_mtls: { ca: clientCa.certPem },
    routes: hosts.map((host, index) => ({
      from: host.includes('://') ? host : `https://${host}`,
      prefix: host.includes('://') ? undefined : `/${index}`,
      ...(host.startsWith('tls:')
        ? { to: 'tcp://127.0.0.1:1', policy: [{ allow: { and: [{ source_ip: '10.0.0.0/8' }] } }] }
        : { response: { status: 204 } }),
    })) as never,
    ...more,
  });
  if (!result.ok) throw new Error(result.problems.map(({ text }) => text).join('\n'));
  const issues: Issue[] = [];
  const made = await autocertPlan(result.config, given, { files: new SettingFiles(issues), issues });
  if (made === undefined) throw new Error('no plan');
  return { plan: made, issues };
}

const namesOf = async (hosts: readonly string[], given: readonly Credential[] = [], now = Date.now()) =>
  ordersOf((await plan(hosts, given)).plan, now).map(({ names }) => names.join());

t.test('a certificate for every host, once', async (t) => {
  t.strictSame(await namesOf(['a.example.com', 'b.example.com', 'a.example.com', 'A.Example.com']), [
    'a.example.com',
    'b.example.com',
  ]);
});

t.test('none for what no server can prove', async (t) => {
  t.strictSame(await namesOf(['localhost', 'app.localhost', '127.0.0.1', '[::1]', 'a.example.com']), [
    'a.example.com',
  ]);
});

t.test('none where TLS passes through', async (t) => {
  t.strictSame(await namesOf(['tls://db.example.com', 'a.example.com']), ['a.example.com']);
});

t.test('a wildcard gets none, and the configuration is told', async (t) => {
  const { plan: made, issues } = await plan(['*.example.com', 'a.example.com']);
  t.strictSame(
    ordersOf(made, 0).map(({ names }) => names.join()),
    ['a.example.com'],
  );
  t.match(issues, [{ path: ['routes', 0, 'from'], severity: 'warning', message: /wildcard/ }]);
});

t.test('none for what a certificate of the configuration names, until that has ended', async (t) => {
  const given = [await credentialFor('*.example.com'), await credentialFor('b.example.org')];
  const hosts = ['a.example.com', 'a.b.example.com', 'b.example.org'];
  t.strictSame(await namesOf(hosts, given), ['a.b.example.com']);
  const later = Date.now() + 40 * 86_400_000;
  t.strictSame(await namesOf(hosts, given, later), hosts);
});

t.test('whom to ask, and how', async (t) => {
  const { settings } = (await plan(['a.example.com'])).plan;
  t.match(settings, {
    directoryUrl: 'https://acme-v02.api.letsencrypt.org/directory',
    keyAlgorithm: 'ec-p256',
    challenges: ['tls-alpn-01'],
    externalAccount: undefined,
  });
  const staging = await plan(['a.example.com'], [], {
    autocert_use_staging: true,
    http_redirect_addr: ':80',
  });
  t.match(staging.plan.settings, {
    directoryUrl: 'https://acme-staging-v02.api.letsencrypt.org/directory',
    challenges: ['tls-alpn-01', 'http-01'],
  });
  const own = await plan(['a.example.com'], [], {
    autocert_ca: 'https://ca.internal/acme',
    autocert_use_staging: true,
    autocert_eab_key_id: 'k',
    autocert_eab_mac_key: 'bQ',
  });
  t.match(own.plan.settings, {
    directoryUrl: 'https://ca.internal/acme',
    externalAccount: { keyId: 'k', macKey: 'bQ' },
  });
});
