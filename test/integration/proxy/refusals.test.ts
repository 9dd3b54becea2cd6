// What those who may not pass are told, in every form: enough to act on, nothing that helps an attacker.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import t, { type Test } from 'tap';
import type { ConfigInput } from '../../../src/config/schema.ts';
import { parseCertificate } from '../../../src/pki/facts.ts';
import { issueCrl } from '../../../src/pki/issue-crl.ts';
import type { Issued } from '../../../src/pki/issue-certificate.ts';
import { startApp } from '../../support/app.ts';
import { makeTestPki } from '../../support/certificates.ts';
import { EXPIRED } from '../../support/client-case.ts';
import { call, clientOptions } from '../../support/client.ts';
import { startProxy } from '../../support/proxy.ts';

const HOST = 'app.sallyport.localhost';
const pki = await makeTestPki();
const expired = await pki.issueClient(EXPIRED);
const revoked = await pki.issueClient({ commonName: 'Revoked' });
const denied = await pki.issueClient({ commonName: 'Denied', names: { email: ['lost@example.com'] } });
const other = await pki.issueClient({ commonName: 'Other' }, pki.upstreamCa);
const bob = await pki.issueClient({ commonName: 'Bob', names: { email: ['bob@example.com'] } });
const crl = await issueCrl(pki.clientCa, { revoked: [{ serial: parseCertificate(revoked.der).serial }] });

const MTLS = {
  ca: pki.clientCa.certPem,
  crl: crl.crlPem,
  deny: [{ san_email: 'lost@example.com', message: 'Your laptop was reported lost.' }],
};

async function setUp(
  t: Test,
  more: Partial<ConfigInput> = {},
  route: Partial<ConfigInput['routes'][number]> = {},
) {
  const app = await startApp(t);
  const policy = { deny: { or: [{ subject: { cn: 'Bob' } }] }, allow: { and: [{ accept: true }] } };
  const routes = [{ from: `https://${HOST}`, to: app.url, policy, ...route }];
  const running = await startProxy(t, { routes, downstream_mtls: MTLS, show_error_details: false, ...more });
  const ask = async (
    who: Issued | undefined,
    headers: Record<string, string> = { accept: 'application/json' },
  ) => {
    const shown = who && { cert: who.certPem, key: who.keyPem };
    const options = clientOptions(pki, running.port, { cert: undefined, key: undefined, ...shown });
    const answer = await call(options, { headers });
    t.equal(app.requests.length, 0, 'the app saw nothing');
    return answer;
  };
  return { ...running, app, ask };
}

const CASES: readonly (readonly [string, Issued | undefined, string, string])[] = [
  ['none', undefined, 'client_certificate_required', 'certificate_missing'],
  ['expired', expired, 'client_certificate_invalid', 'certificate_expired'],
  ['revoked', revoked, 'client_certificate_invalid', 'certificate_revoked'],
  ['denied here', denied, 'client_certificate_invalid', 'certificate_revoked'],
  ["another CA's", other, 'client_certificate_invalid', 'certificate_not_accepted'],
  ['kept out by policy', bob, 'denied', 'not_allowed'],
];

for (const [title, who, code, reason] of CASES)
  t.test(`${title}: the kind of reason, and no more`, async (t) => {
    const { ask, heard } = await setUp(t);
    const { status, body, headers } = await ask(who);
    t.equal(status, 403);
    const problem = JSON.parse(body) as Record<string, unknown>;
    t.match(problem, { code, reason, status: 403, request_id: headers['x-request-id'] });
    for (const secret of ['cause', 'cause_text', 'enrol_url']) t.notOk(secret in problem, secret);
    t.equal('message' in problem, title === 'denied here');
    const page = (await ask(who, { accept: 'text/html' })).body;
    t.match(page, `<code id="reason">${reason}</code>`);
    t.notMatch(page, 'id="cause"');
    const text = (await ask(who, {})).body;
    t.match(text, `(${code}, ${reason}; request `);
    t.match(heard.exchanges[0], { error: code, reason: String });
    t.not(heard.exchanges[0]?.reason, reason, 'the log has it exactly');
  });

t.test('with show_error_details the exact cause as well', async (t) => {
  const { ask } = await setUp(t, { show_error_details: true });
  t.match(JSON.parse((await ask(revoked)).body), {
    cause: 'revoked',
    cause_text: /^CN=Revoked.*: revoked on 20/,
  });
  t.match((await ask(bob, { accept: 'text/html' })).body, '<code id="cause">deny_rule</code> policy.deny.or');
  t.match(
    (await ask(other, {})).body,
    /client_certificate_invalid, certificate_not_accepted, unknown_issuer; request/,
  );
  const { ask: askOne } = await setUp(t, {}, { show_error_details: true });
  t.match(JSON.parse((await askOne(bob)).body), { cause: 'deny_rule' });
  t.notOk('cause' in JSON.parse((await askOne(revoked)).body), 'no route is known yet');
});

t.test('whoever needs another certificate is told where to get it', async (t) => {
  const { ask } = await setUp(t, { enrol_url: 'https://ca.example.com/enrol?a=1&b="'.slice(0, -1) });
  const link = 'https://ca.example.com/enrol?a=1&b=';
  t.match(JSON.parse((await ask(expired)).body), { enrol_url: link });
  t.match(
    (await ask(undefined, { accept: 'text/html' })).body,
    '<a id="enrol" href="https://ca.example.com/enrol?a=1&amp;b=">',
  );
  t.match((await ask(undefined, {})).body, `Get a certificate: ${link}\n`);
  t.notOk('enrol_url' in JSON.parse((await ask(bob)).body), 'a good certificate needs no other');
});

t.test('the status is that of nginx or Pomerium where that is asked for', async (t) => {
  const statuses = async (refusal_status: 'standard' | 'pomerium' | 'nginx') => {
    const { ask } = await setUp(t, { refusal_status });
    return [(await ask(undefined)).status, (await ask(expired)).status, (await ask(bob)).status];
  };
  t.same(await statuses('standard'), [403, 403, 403]);
  t.same(await statuses('nginx'), [496, 495, 403]);
  t.same(await statuses('pomerium'), [495, 495, 403]);
});

t.test('gRPC clients get a gRPC status, and nothing to parse', async (t) => {
  const { ask } = await setUp(t);
  for (const [who, status] of [
    [undefined, '16'],
    [expired, '16'],
    [bob, '7'],
  ] as const) {
    const {
      status: http,
      headers,
      body,
    } = await ask(who, { 'content-type': 'application/grpc+proto', te: 'trailers' });
    t.equal(http, 200);
    t.equal(body, '');
    t.match(headers, {
      'content-type': 'application/grpc+proto',
      'grpc-status': status,
      'grpc-message': /request/,
    });
  }
});

t.test('an operator may have a page of their own, for all and for a route', async (t) => {
  const folder = t.testdir();
  const [all, one] = [path.join(folder, 'all.html'), path.join(folder, 'one.html')];
  writeFileSync(all, '<p>{{status}} {{reason}} {{message}} {{request_id}}</p>');
  writeFileSync(one, '<p>Ask Carol about {{host}}.</p>');
  const { ask, proxy } = await setUp(t, { refusal_template_file: all }, { refusal_template_file: one });
  const refusal = await ask(denied, { accept: 'text/html' });
  t.equal(
    refusal.body,
    `<p>403 certificate_revoked Your laptop was reported lost. ${String(refusal.headers['x-request-id'])}</p>`,
  );
  t.match(refusal.headers['content-security-policy'], /^default-src 'none'; style-src 'unsafe-inline'/);
  t.equal((await ask(bob, { accept: 'text/html' })).body, `<p>Ask Carol about ${HOST}.</p>`);
  t.match((await ask(denied)).headers['content-type'], 'application/problem+json', 'programs get none');
  writeFileSync(one, '{{secret}}');
  const { result, issues } = await proxy.reload();
  t.equal(result, 'refused');
  t.match(issues, [/routes\[0\]\.refusal_template_file: .*one\.html: \{\{secret\}\} is no placeholder/]);
});

t.test('a link that is none is an error', async (t) => {
  const { proxy, config } = await setUp(t);
  for (const enrol_url of ['javascript:alert(1)', 'http://ca.test', '//ca.test/x', 'https://a b', '/\\evil'])
    t.match(await proxy.reload('call', { ...config, enrol_url }), {
      result: 'refused',
      issues: [/is not a link/],
    });
  t.match(await proxy.reload('call', { ...config, enrol_url: '/enrol' }), { result: 'applied' });
});
