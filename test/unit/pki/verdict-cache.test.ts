import t from 'tap';
import { parseCrl } from '../../../src/pki/crl.ts';
import { DenyList } from '../../../src/pki/deny-list.ts';
import { issueCrl } from '../../../src/pki/issue-crl.ts';
import { compileRevocation } from '../../../src/pki/revocation.ts';
import { VerdictCache } from '../../../src/pki/verdict-cache.ts';
import { makeTestIntermediate, makeTestPki, makeTestRoot } from '../../support/certificates.ts';
import { trustIn } from '../../support/trust.ts';

const now = Date.now();
const HOUR_MS = 3_600_000;
const { client, clientCa, issueClient } = await makeTestPki();
const root = await makeTestRoot('Root', { pathLength: 1 });
const upper = await makeTestIntermediate(root, 'Upper');
const deep = await issueClient({}, upper);
const shallowTrust = trustIn([clientCa]);
const deepTrust = trustIn([root], { maxVerifyDepth: 2 });
const shallow = { leaf: client.der, sent: [], trust: shallowTrust, now, openssl: 'ok' };
const full = { leaf: deep.der, sent: [upper.der], trust: deepTrust, now, openssl: 'ok' };
const resumed = { ...full, sent: undefined };

t.test('gives the very same verdict within its time', async (t) => {
  const cache = new VerdictCache();
  const verdict = cache.judge(shallow);
  t.match(verdict, { ok: true });
  t.equal(cache.judge({ ...shallow, now: now + HOUR_MS }), verdict);
});

t.test('judges anew when the time of the verdict is over', async (t) => {
  const cache = new VerdictCache();
  const verdict = cache.judge(shallow);
  t.match(cache.judge({ ...shallow, now: verdict.until }), { ok: false, reason: 'expired' });
});

t.test('judges anew under another trust version', async (t) => {
  const cache = new VerdictCache();
  cache.judge(shallow);
  const trust = trustIn([root], { version: 2 });
  t.match(cache.judge({ ...shallow, trust }), { ok: false, reason: 'unknown_issuer', trustVersion: 2 });
});

t.test('a verdict kept does not overrule what OpenSSL says of this handshake', async (t) => {
  const cache = new VerdictCache();
  cache.judge(shallow);
  t.match(cache.judge({ ...shallow, openssl: 'CERT_REVOKED' }), { ok: false, reason: 'revoked' });
  t.match(cache.judge(shallow), { ok: true }, 'and is kept for those whom OpenSSL passes');
});

t.test('a refusal is not kept: the next handshake may send the chain', async (t) => {
  const cache = new VerdictCache();
  const openssl = 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY';
  t.match(cache.judge({ ...full, sent: [], openssl }), { ok: false, reason: 'unknown_issuer' });
  t.match(cache.judge(full), { ok: true });
  t.match(cache.judge({ ...full, sent: [], openssl }), { ok: false, reason: 'unknown_issuer' });
});

t.test('a resumed session is judged with the chain of the full handshake before it', async (t) => {
  const cache = new VerdictCache();
  t.match(cache.judge(resumed), { ok: false, reason: 'chain_unknown' });
  cache.judge(full);
  const verdict = cache.judge(resumed);
  t.ok(verdict.ok && verdict.identity.chain[0]?.equals(upper.der), 'the same chain (RFC 9440)');
  const later = trustIn([root], { maxVerifyDepth: 2, version: 2 });
  t.match(cache.judge({ ...resumed, trust: later }), { ok: true, trustVersion: 2 });
});

t.test('a resumed session passes by its leaf alone where that suffices', async (t) => {
  t.match(new VerdictCache().judge({ ...shallow, sent: undefined }), { ok: true });
});

t.test('without a handshake nothing is kept', async (t) => {
  const cache = new VerdictCache();
  t.match(cache.judge({ ...full, openssl: 'not_run' }), { ok: true });
  t.equal(cache.size, 0);
  t.match(cache.judge(resumed), { ok: false, reason: 'chain_unknown' });
});

t.test('no certificate is not remembered', async (t) => {
  const cache = new VerdictCache();
  t.match(cache.judge({ ...shallow, leaf: undefined, openssl: 'UNABLE_TO_GET_ISSUER_CERT' }), {
    ok: false,
    reason: 'none_sent',
  });
  t.equal(cache.size, 0);
});

t.test('forgets the one longest unused when it is full', async (t) => {
  const cache = new VerdictCache(2);
  const second = { ...shallow, leaf: (await issueClient()).der };
  const third = { ...shallow, leaf: (await issueClient()).der };
  const first = cache.judge(shallow);
  const secondVerdict = cache.judge(second);
  t.equal(cache.judge(shallow), first);
  cache.judge(third);
  t.equal(cache.size, 2);
  t.equal(cache.judge(shallow), first, 'used since, so kept');
  t.not(cache.judge(second), secondVerdict, 'forgotten, so judged anew');
});

t.test('a change of revocation or deny list is looked up without reading a certificate again', async (t) => {
  const cache = new VerdictCache();
  const first = cache.judge(full);
  const leaf = first.ok ? first.identity.leaf : undefined;
  const denied = new DenyList([{ selector: { by: 'email', value: 'alice@example.com' } }]);
  const locked = trustIn([root], { maxVerifyDepth: 2, version: 2, denied });
  t.match(cache.judge({ ...resumed, trust: locked }), { reason: 'denied_locally', trustVersion: 2 });
  t.match(cache.judge({ ...full, trust: locked }), { reason: 'denied_locally', trustVersion: 2 });
  const opened = trustIn([root], { maxVerifyDepth: 2, version: 3 });
  const again = cache.judge({ ...resumed, trust: opened });
  t.ok(again.ok && again.trustVersion === 3);
  t.equal(again.ok ? again.identity.leaf : undefined, leaf, 'the very same facts');
});

t.test('looking at 1,000 who passed takes microseconds each', async (t) => {
  const cache = new VerdictCache();
  const [crl, subjects] = [await issueCrl(clientCa, { revoked: [{ serial: '0badcafe' }] }), 1000];
  const settings = { scope: 'chain', freshness: 'strict', graceMs: 0, crls: [parseCrl(crl.der)] } as const;
  const revocation = compileRevocation(settings);
  cache.judge(shallow);
  const begun = performance.now();
  for (let version = 2; version < subjects + 2; version++) {
    const trust = { ...shallowTrust, version, revocation };
    if (!cache.judge({ ...shallow, trust }).ok) t.fail('judged otherwise');
  }
  const each = ((performance.now() - begun) * 1000) / subjects;
  t.comment(`${each.toFixed(1)} µs each`);
  t.ok(each < 200, 'not the half millisecond that reading a certificate takes');
});
