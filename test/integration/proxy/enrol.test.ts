// Client certificates for those who were invited, and for those who have one: EST (RFC 7030) on real sockets.
import { execFile } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { revokeIssued } from '../../../src/certs/ca-record.ts';
import { issueDevClient } from '../../../src/certs/dev-issue.ts';
import type { EnrolmentRecord } from '../../../src/core/observer.ts';
import { silentObserver } from '../../../src/core/observer.ts';
import { parseCertificate } from '../../../src/pki/facts.ts';
import type { CertificateFacts } from '../../../src/pki/identity.ts';
import { issueClient, issueRoot } from '../../../src/pki/issue.ts';
import { makeTestPki } from '../../support/certificates.ts';
import {
  basic,
  devFolder,
  ENROL_HOST,
  EST_HOST,
  newRequest,
  type ShownCertificate,
  startEnrolment,
} from '../../support/enrol.ts';
import { openssl, skipWithoutOpenssl } from '../../support/openssl.ts';
import { temporaryFolder, writeFiles } from '../../support/folder.ts';
import { requireTool } from '../../support/requires.ts';

const HOUR_MS = 3_600_000;

/** The certificates in an answer, as openssl reads them. */
function certificatesIn(t: Parameters<typeof temporaryFolder>[0], body: string): string[] {
  const folder = temporaryFolder(t);
  writeFiles(folder, { 'answer.p7': body });
  const [from, to] = [path.join(folder, 'answer.p7'), path.join(folder, 'answer.der')];
  openssl('base64', '-d', '-in', from, '-out', to);
  const text = openssl('pkcs7', '-inform', 'DER', '-in', to, '-print_certs');
  return text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n/g) ?? [];
}

const factsOf = (pem: string): CertificateFacts => parseCertificate(new X509Certificate(pem).raw);

t.test(
  'an invitation is worth one certificate, which is worth the next',
  { skip: skipWithoutOpenssl },
  async (t) => {
    const records: EnrolmentRecord[] = [];
    const setUp = await startEnrolment(
      t,
      {},
      {
        observer: { ...silentObserver, enrolment: (record) => records.push(record) },
      },
    );
    const { ask, folder } = setUp;
    const token = await setUp.invite('ada@example.com');
    const request = await newRequest();
    const answer = await ask('simpleenroll', { body: request.body, headers: basic(token) });
    t.equal(answer.status, 200, answer.body);
    t.match(answer.headers, {
      'content-type': 'application/pkcs7-mime; smime-type=certs-only',
      'content-transfer-encoding': 'base64',
      'cache-control': 'no-store',
    });
    const [pem = '', ...others] = certificatesIn(t, answer.body);
    t.strictSame(others, [], 'the certificate alone (RFC 7030 4.2.3)');
    const facts = factsOf(pem);
    t.strictSame([facts.commonName, facts.names.email], ['ada', ['ada@example.com']]);
    t.ok(Math.abs(facts.notAfter - Date.now() - HOUR_MS) < 60_000, 'it is short-lived');
    t.ok(
      new X509Certificate(pem).verify(
        new X509Certificate(readFileSync(path.join(folder, 'client-ca.crt'))).publicKey,
      ),
    );

    t.match(await ask('simpleenroll', { headers: basic(token) }), {
      status: 401,
      headers: { 'www-authenticate': 'Basic realm="enrolment"' },
      body: /used already/,
    });

    const shown = { cert: pem, key: request.key };
    for (const operation of ['simplereenroll', 'simpleenroll']) {
      const renewed = await ask(operation, {}, shown);
      t.equal(renewed.status, 200, operation);
      const next = factsOf(certificatesIn(t, renewed.body)[0] ?? '');
      t.strictSame([next.subject, next.names], [facts.subject, facts.names]);
      t.not(next.serial, facts.serial);
      t.not(next.spkiSha256, facts.spkiSha256);
    }
    t.match(
      records.map(({ by, reason, client }) => [by, reason, client?.subjectAltNames]),
      [
        ['invitation', undefined, ['email:ada@example.com']],
        ['invitation', 'invitation_unknown', undefined],
        ['certificate', undefined, ['email:ada@example.com']],
        ['certificate', undefined, ['email:ada@example.com']],
      ],
    );
    t.match(records[0]?.client?.serial, facts.serial);
    t.equal(records[0]?.notAfter, facts.notAfter);
  },
);

t.test(
  'a machine behind mutual TLS: names of a host, a bearer token, PEM',
  { skip: skipWithoutOpenssl },
  async (t) => {
    const setUp = await startEnrolment(t);
    const { folder } = setUp;
    const { pair } = await issueDevClient('admin', { folder, days: 1, now: Date.now() });
    const shown = { cert: pair.certPem, key: pair.keyPem };
    const token = await setUp.invite('build-7', { hosts: ['build-7.corp.example.com'] });
    const { body } = await newRequest('build-7.corp.example.com');
    const pem = `-----BEGIN CERTIFICATE REQUEST-----\n${body}\n-----END CERTIFICATE REQUEST-----\n`;
    const made = { body: pem, headers: { authorization: `Bearer ${token}` } };
    t.equal(
      (await setUp.ask('simpleenroll', { host: EST_HOST, ...made })).status,
      403,
      'not without a certificate',
    );
    const answer = await setUp.ask('simpleenroll', { host: EST_HOST, ...made }, shown);
    t.equal(answer.status, 200, answer.body);
    const { names, commonName } = factsOf(certificatesIn(t, answer.body)[0] ?? '');
    t.match(
      [commonName, names.dns],
      ['build-7', ['build-7.corp.example.com']],
      'not those of who shows a certificate',
    );
  },
);

t.test('the CAs, the attributes, and what there is not', { skip: skipWithoutOpenssl }, async (t) => {
  const { call, folder } = await startEnrolment(t);
  const get = (path: string, method = 'GET') => call({ host: ENROL_HOST, path, method });
  const cacerts = await get('/.well-known/est/cacerts');
  const read = (name: string) => new X509Certificate(readFileSync(path.join(folder, name))).fingerprint256;
  t.strictSame(
    certificatesIn(t, cacerts.body).map((pem) => new X509Certificate(pem).fingerprint256),
    [read('client-ca.crt'), read('ca.crt')],
  );
  t.match(await get('/.well-known/est/csrattrs'), { status: 204, body: '' });
  t.equal((await get('/.well-known/est/cacerts', 'HEAD')).status, 200);
  t.match(await get('/.well-known/est/simpleenroll'), { status: 405, headers: { allow: 'POST' } });
  for (const none of [
    '/.well-known/est/',
    '/.well-known/est/serverkeygen',
    '/.well-known/est/toString',
    '/x',
  ])
    t.equal((await get(none)).status, 404, none);
});

t.test('curl and openssl are enough, as the documents say', async (t) => {
  if (!requireTool(t, 'curl') || !requireTool(t, 'openssl')) return;
  const { port, pki, invite } = await startEnrolment(t);
  const cwd = temporaryFolder(t);
  writeFiles(cwd, { 'edge-ca.crt': pki.serverCa.certPem });
  const document = readFileSync(path.resolve(import.meta.dirname, '../../../docs/enrolment.md'), 'utf8');
  const [first = '', next = ''] = [...document.matchAll(/```sh\n((?:openssl|curl)[^`]+)```/g)].map(
    ([, text]) => text,
  );
  const token = await invite('build-7', { hosts: ['build-7.corp.example.com'] });
  const curl = `curl --cacert edge-ca.crt --connect-to ${ENROL_HOST}:443:127.0.0.1:${port} `;
  const run = async (text: string) => {
    const script = text
      .replace('TOKEN', token)
      .replaceAll('enrol.example.com', ENROL_HOST)
      .replaceAll('curl ', curl);
    return await promisify(execFile)('sh', ['-euc', script], { cwd });
  };
  await run(first);
  const read = (name: string) => factsOf(readFileSync(path.join(cwd, name), 'utf8'));
  t.strictSame(read('build-7.crt').names.dns, ['build-7.corp.example.com']);
  await run(`cp build-7.csr next.csr\n${next}`);
  t.strictSame(read('next.crt').names.dns, ['build-7.corp.example.com']);
  t.not(read('next.crt').serial, read('build-7.crt').serial);
});

t.test('the page, and what belongs to it', async (t) => {
  const { call } = await startEnrolment(t);
  const get = (path: string, method = 'GET') => call({ host: ENROL_HOST, path, method });
  const page = await get('/');
  t.match(page, {
    status: 200,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'content-security-policy': /default-src 'none'.*form-action 'none'.*script-src 'self'/,
      'referrer-policy': 'no-referrer',
    },
  });
  const [, script = ''] = /src="([^"]+)"/.exec(page.body) ?? [];
  t.match(await get(script), { status: 200, headers: { 'content-type': 'text/javascript; charset=utf-8' } });
  t.match(await get('/', 'POST'), { status: 405, headers: { allow: 'GET, HEAD' } });
  for (const none of ['/enrol/', '/enrol/x.js', '/enrol/%2e%2e/page.ts', '/enrol/toString'])
    t.not((await get(none)).status, 200, none);
});

t.test('what is no request for a certificate', async (t) => {
  const { ask, invite, folder } = await startEnrolment(t);
  const token = await invite('ada@example.com');
  const headers = basic(token);
  const { body } = await newRequest();
  const refused = async (status: number, made: Parameters<typeof ask>[1], text: RegExp) =>
    t.match(await ask('simpleenroll', { headers, ...made }), { status, body: text });
  await refused(415, { headers: { ...headers, 'content-type': 'text/plain' } }, /application\/pkcs10/);
  await refused(403, { headers: { ...headers, 'sec-fetch-site': 'cross-site' } }, /Another site/);
  for (const wrong of ['', '{}', 'AAAA', body.slice(0, -8), Buffer.from(body, 'base64')])
    await refused(400, { body: wrong }, /cannot be read/);
  const forged = Buffer.from(body, 'base64');
  forged[forged.length - 1] = (forged.at(-1) ?? 0) ^ 1;
  await refused(400, { body: forged.toString('base64') }, /not signed with its own key/);
  const other = await newRequest('admin.example.com');
  await refused(400, { body: other.body }, /may not have: admin\.example\.com/);
  await refused(413, { body: 'A'.repeat(17_000) }, /too large/);
  const chunked = { 'transfer-encoding': 'chunked', ...headers };
  await refused(413, { body: 'A'.repeat(17_000), headers: chunked }, /too large/);
  for (const authorization of ['', 'Basic', 'Negotiate x', `Basic ${token}`])
    await refused(401, { headers: { authorization } }, /token/);
  t.equal((await ask('simpleenroll')).status, 401, 'nor without anything');

  t.equal(readdirSync(path.join(folder, 'invitations')).length, 1, 'none of it has cost the invitation');
  t.equal((await ask('simpleenroll', { headers, body })).status, 200);
});

t.test('who cannot renew', async (t) => {
  const pki = await makeTestPki();
  const folder = await devFolder(t);
  const bundle = readFileSync(path.join(folder, 'client-ca.crt'), 'utf8') + pki.clientCa.certPem;
  const { ask } = await startEnrolment(t, { downstream_mtls: { ca: bundle } }, { folder });
  const now = Date.now();
  const ofOurs = async (who: string, days = 1): Promise<ShownCertificate> => {
    const { pair } = await issueDevClient(who, { folder, days, now });
    return { cert: pair.certPem, key: pair.keyPem };
  };
  const refused = async (shown: ShownCertificate | undefined, text: RegExp) =>
    t.match(await ask('simplereenroll', {}, shown), { status: 403, body: text });
  await refused(undefined, /Show the certificate/);
  await refused({ cert: pki.client.certPem, key: pki.client.keyPem }, /was not given here/);
  const ada = await ofOurs('ada@example.com');
  t.equal((await ask('simplereenroll', {}, ada)).status, 200);
  await revokeIssued(folder, 'ada@example.com', { now, days: 1 });
  await refused(ada, /was taken back/);
  const impostor = await issueClient(await issueRoot({ commonName: 'x', organization: 'x', days: 1 }), {
    commonName: 'ada',
    days: 1,
    names: { email: ['ada@example.com'] },
  });
  await refused({ cert: impostor.certPem, key: impostor.keyPem }, /Show the certificate/);
});
