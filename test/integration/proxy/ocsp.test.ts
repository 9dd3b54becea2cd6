// Clients about whom an OCSP responder is asked: OpenSSL's own, and ones that lie.
import { once } from 'node:events';
import t, { type Test } from 'tap';
import type { ConfigInput } from '../../../src/config/schema.ts';
import { issueServer } from '../../../src/pki/issue.ts';
import type { Issued } from '../../../src/pki/issue-certificate.ts';
import {
  AuthorityInfoAccessExtension,
  ExtendedKeyUsageExtension,
  type Extension,
} from '../../../src/pki/x509-library.ts';
import { makeTestPki, makeTestRoot } from '../../support/certificates.ts';
import { call, clientOptions, closed, openClient } from '../../support/client.ts';
import { certificateFile, explanationOf } from '../../support/explain.ts';
import { type OcspResponder, startOcspResponder } from '../../support/ocsp-responder.ts';
import { skipWithoutOpenssl } from '../../support/openssl.ts';
import { startProxy } from '../../support/proxy.ts';

const HOST = 'app.sallyport.localhost';
const pki = await makeTestPki();
const routes: ConfigInput['routes'] = [{ from: `https://${HOST}`, response: { body: 'in' } }];
const shown = ({ certPem: cert, keyPem: key }: Issued) => ({ cert, key });
const OCSP_SIGNING = '1.3.6.1.5.5.7.3.9';

const skip = { skip: skipWithoutOpenssl };

async function setUp(t: Test, more: ConfigInput['downstream_mtls'] = {}) {
  const responder = await startOcspResponder(t, pki.clientCa);
  responder.known.set(pki.client, 'good');
  const clock = { ahead: 0, now: () => Date.now() + clock.ahead };
  const running = await startProxy(
    t,
    {
      routes,
      downstream_mtls: { ca: pki.clientCa.certPem, ocsp: 'hard', ocsp_responder: responder.url, ...more },
    },
    { clock },
  );
  const knock = async (who = pki.client) => {
    const { status, body } = await call(clientOptions(pki, running.port, shown(who)), {
      headers: { accept: 'application/problem+json' },
    });
    return status === 200 ? 'in' : (JSON.parse(body) as { cause: string; cause_text: string });
  };
  return { ...running, responder, knock, clock };
}

t.test('hard: good comes in, revoked and unknown do not; each is asked about once', skip, async (t) => {
  const { responder, knock } = await setUp(t);
  const bob = await pki.issueClient({ commonName: 'Bob' });
  const eve = await pki.issueClient({ commonName: 'Eve' });
  responder.known.set(bob, 'revoked');
  t.equal(await knock(), 'in');
  t.equal(await knock(), 'in');
  t.equal(responder.requests, 1);
  t.match(await knock(bob), { cause: 'revoked', cause_text: /2026-01-01.*keyCompromise.*OCSP/ });
  t.match(await knock(eve), { cause: 'ocsp_unknown', cause_text: /does not know/ });
  t.equal(responder.requests, 3);
  const stranger = await pki.issueClient({}, await makeTestRoot('Nobody knows me'));
  t.match(await knock(stranger), { cause: 'unknown_issuer' });
  t.equal(responder.requests, 3, 'nobody is asked about who is refused anyway');
});

t.test('soft: whoever is not known to be revoked comes in', skip, async (t) => {
  const { responder, knock } = await setUp(t, { ocsp: 'soft' });
  const bob = await pki.issueClient({ commonName: 'Bob' });
  responder.known.set(bob, 'revoked');
  t.match(await knock(bob), { cause: 'revoked' });
  responder.close();
  t.equal(await knock(), 'in');
});

/** Of whoever answers; with no `usage` it may do anything. */
const profile = (usage?: string) => ({
  commonName: 'Responder',
  days: 1,
  names: { dns: ['ocsp.test'] },
  extensions: (all: readonly Extension[]) => [
    ...all.filter(({ type }) => type !== '2.5.29.37'),
    ...(usage === undefined ? [] : [new ExtendedKeyUsageExtension([usage])]),
  ],
});

t.test('an answer counts only whole, in time, signed by whom the CA made answerable', skip, async (t) => {
  const delegate = await issueServer(pki.clientCa, profile(OCSP_SIGNING));
  const noDelegate = await issueServer(pki.clientCa, profile());
  const twin = await makeTestRoot('Test client CA');
  const old = await issueServer(pki.clientCa, {
    ...profile(OCSP_SIGNING),
    notBefore: new Date(Date.now() - 7_200_000),
    notAfter: new Date(Date.now() - 3_600_000),
  });
  const cases: [string, Partial<OcspResponder>, RegExp | undefined][] = [
    ['by a delegate', { signer: delegate }, undefined],
    ['by the CA, named by its key', { more: ['-nmin', '60', '-resp_key_id'] }, undefined],
    ['by one whom it has not certified for this', { signer: noDelegate }, /not signed by/],
    ['by a delegate whose time is over', { signer: old }, /not signed by/],
    ['by another CA of the same name', { signer: twin }, /not signed by/],
    ['with a signature that is wrong', { more: ['-nmin', '60', '-badsig'] }, /not signed by/],
    ['with a digest that is too weak', { more: ['-nmin', '60', '-rmd', 'sha1'] }, /sha1.*too weak/],
    ['an error', { instead: (response) => response.end(Buffer.from('30030a0106', 'hex')) }, /unauthorized/],
    ['garbage', { instead: (response) => response.end('hello') }, /OCSP/],
    ['nothing', { instead: (response) => response.end() }, /OCSP/],
    ['too much', { instead: (response) => response.end(Buffer.alloc(100_000)) }, /longer than/],
    ['a redirect', { instead: (response) => response.writeHead(302, { location: '/' }).end() }, /redirects/],
  ];
  for (const [name, how, message] of cases) {
    const { responder, knock } = await setUp(t);
    Object.assign(responder, how);
    if (message === undefined) t.equal(await knock(), 'in', name);
    else t.match(await knock(), { cause: 'ocsp_unknown', cause_text: message }, name);
  }
  const { responder, knock, clock } = await setUp(t);
  clock.ahead = 7_200_000;
  t.match(await knock(), { cause: 'ocsp_unknown', cause_text: /it ended on/ }, 'one that is over');
  responder.close();
});

t.test('whoever is revoked while connected is shown out when the answer is renewed', skip, async (t) => {
  const { responder, knock, port, heard, clock } = await setUp(t);
  t.equal(await knock(), 'in');
  const socket = await openClient(t, clientOptions(pki, port));
  socket.write(`GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
  await once(socket, 'data');
  responder.known.set(pki.client, 'revoked');
  clock.ahead = 31 * 60_000;
  socket.resume();
  await closed(socket);
  t.equal(responder.requests, 2);
  t.match(heard.revocations, [{ reason: 'revoked', detail: /OCSP/ }]);
});

t.test('the responder that a certificate names is asked only where its host is allowed', skip, async (t) => {
  const { responder } = await setUp(t);
  const named = await pki.issueClient({
    extensions: (all: readonly Extension[]) => [
      ...all,
      new AuthorityInfoAccessExtension({ ocsp: responder.url }),
    ],
  });
  responder.known.set(named, 'good');
  const mtls = { ca: pki.clientCa.certPem, ocsp: 'hard' as const };
  const allowed = await startProxy(t, { routes, downstream_mtls: { ...mtls, ocsp_hosts: ['127.0.0.1'] } });
  t.match(await call(clientOptions(pki, allowed.port, shown(named))), { status: 200, body: 'in' });
  t.match(await call(clientOptions(pki, allowed.port)), { status: 403, body: /names no responder/ });
  const before = responder.requests;
  const other = await startProxy(t, { routes, downstream_mtls: { ...mtls, ocsp_hosts: ['ocsp.example'] } });
  t.match(await call(clientOptions(pki, other.port, shown(named))), {
    status: 403,
    body: /not among ocsp_hosts/,
  });
  t.equal(responder.requests, before);
});

t.test('settings that ask nobody are an error; explain asks as the edge does', skip, async (t) => {
  const downstream_mtls = { ca: pki.clientCa.certPem, ocsp: 'hard' as const };
  await t.rejects(startProxy(t, { routes, downstream_mtls }), { message: /needs somebody to ask/ });
  const { config } = await setUp(t);
  const { verdict } = await explanationOf(config, {
    url: `https://${HOST}/`,
    certificate: certificateFile(pki.client),
  });
  t.match(verdict?.steps.at(-1), { check: 'ocsp', result: 'passed', detail: /good by OCSP of .*hard/ });
});
