import t from 'tap';
import { DenyList, type DenyRule, type DenySelector } from '../../../src/pki/deny-list.ts';
import { parseCertificate } from '../../../src/pki/facts.ts';
import { verify } from '../../../src/pki/verify.ts';
import { makeTestIntermediate, makeTestPki, makeTestRoot } from '../../support/certificates.ts';
import { trustIn } from '../../support/trust.ts';

const now = Date.now();
const { client, clientCa, issueClient } = await makeTestPki();
const named = await issueClient({
  names: { dns: ['A.example.test'], email: ['a@example.test'], uri: ['urn:a'], ip: ['192.0.2.1'] },
});
const facts = parseCertificate(named.der);

const judge = (rules: readonly DenyRule[], leaf = named.der) =>
  verify({ leaf, sent: [], trust: trustIn([clientCa], { denied: new DenyList(rules) }), now, openssl: 'ok' });

const SELECTORS: readonly DenySelector[] = [
  { by: 'fingerprint', value: facts.sha256 },
  { by: 'spki', value: facts.spkiSha256 },
  { by: 'serial', serial: facts.serial, issuer: 'cn=test client ca, o = TEST' },
  { by: 'dns', value: 'a.EXAMPLE.test' },
  { by: 'email', value: 'A@example.test' },
  { by: 'uri', value: 'urn:a' },
  { by: 'ip', value: '192.0.2.1' },
];

for (const selector of SELECTORS)
  t.test(`a certificate is denied by ${selector.by}, and nobody else`, async (t) => {
    t.match(judge([{ selector, message: 'Lost.' }]), {
      ok: false,
      reason: 'denied_locally',
      detail: `by ${selector.by}`,
      message: 'Lost.',
      shown: { sha256: facts.sha256 },
    });
    t.match(judge([{ selector }], client.der), { ok: true });
  });

t.test('what is only like a selector denies nobody', async (t) => {
  for (const selector of [
    { by: 'serial', serial: facts.serial, issuer: 'CN=Another CA' },
    { by: 'uri', value: 'URN:A' },
    { by: 'email', value: 'a.example.test' },
    { by: 'dns', value: 'example.test' },
  ] satisfies DenySelector[])
    t.match(judge([{ selector }]), { ok: true }, JSON.stringify(selector));
});

t.test('a rule ends at its time, and of several the last counts', async (t) => {
  const selector = { by: 'fingerprint', value: facts.sha256 } as const;
  t.match(judge([{ selector, until: now }]), { ok: true });
  t.match(judge([{ selector, until: now + 5 }]), { ok: false, until: now + 5 });
  t.match(
    judge([
      { selector, until: now + 5, message: 'a while' },
      { selector, message: 'for good' },
      { selector, until: now + 9 },
    ]),
    { ok: false, message: 'for good' },
  );
});

t.test('an intermediate CA can be denied, with all that it issued', async (t) => {
  const root = await makeTestRoot('Root', { pathLength: 1 });
  const middle = await makeTestIntermediate(root, 'Middle');
  const leaf = (await issueClient({}, middle)).der;
  const denied = new DenyList([{ selector: { by: 'spki', value: parseCertificate(middle.der).spkiSha256 } }]);
  const trust = trustIn([root], { denied, maxVerifyDepth: 2 });
  t.match(verify({ leaf, sent: [middle.der], trust, now, openssl: 'ok' }), { reason: 'denied_locally' });
});
