import { assert, integer, property } from '../../support/property.ts';
import t from 'tap';
import { verify } from '../../../src/pki/verify.ts';
import { makeTestIntermediate, makeTestPki, makeTestRoot } from '../../support/certificates.ts';
import { makeClientCases, trustOf } from '../../support/client-cases.ts';
import { trustIn } from '../../support/trust.ts';

const HOUR_MS = 3_600_000;
const now = Date.now();

const second = (moment: number): number => Math.floor(moment / 1000);
const at = (hours: number): Date => new Date(now + hours * HOUR_MS);
const span = (from: number, to: number) => ({ notBefore: at(from), notAfter: at(to) });

const { client, clientCa, issueClient } = await makeTestPki();
const padding = (count: number): Buffer[] => Array.from({ length: count }, () => clientCa.der);

for (const it of await makeClientCases())
  t.test(`${it.name}: ${it.ours ?? it.verdict}`, async (t) => {
    const trust = await trustOf(it);
    const sent = (it.chain ?? []).map(({ der }) => der);
    const input = { leaf: it.client?.der, sent, trust, now };
    const ours = verify({ ...input, openssl: 'not_run' });
    t.equal(ours.ok ? 'ok' : ours.reason, it.ours ?? it.verdict);
    const whole = verify({ ...input, openssl: it.openssl });
    t.equal(whole.ok ? 'ok' : whole.reason, it.verdict, 'with what OpenSSL says');
    t.equal(whole.trustVersion, 1);
    t.ok(whole.until > now);
  });

t.test('what is not one whole certificate is malformed', async (t) => {
  const trust = trustIn([clientCa]);
  for (const leaf of [
    Buffer.alloc(0),
    Buffer.from('hello'),
    client.der.subarray(0, -1),
    Buffer.concat([client.der, Buffer.from([0])]),
  ])
    t.match(verify({ leaf, sent: [], trust, now, openssl: 'ok' }), { ok: false, reason: 'malformed' });
});

t.test('a certificate too large to be worth reading is malformed', async (t) => {
  const dns = Array.from({ length: 600 }, (_, index) => `host-${index}.some.example.test`);
  const leaf = (await issueClient({ names: { dns } })).der;
  t.match(verify({ leaf, sent: [], trust: trustIn([clientCa]), now, openssl: 'ok' }), {
    ok: false,
    reason: 'malformed',
  });
});

t.test('no more than eight certificates, or 16 KiB of them, are looked at', async (t) => {
  const root = await makeTestRoot('Root', { pathLength: 1 });
  const upper = await makeTestIntermediate(root, 'Upper');
  const leaf = (await issueClient({}, upper)).der;
  const input = { leaf, trust: trustIn([root], { maxVerifyDepth: 2 }), now, openssl: 'ok' };
  t.match(verify({ ...input, sent: [...padding(7), upper.der] }), { ok: true });
  t.match(verify({ ...input, sent: [...padding(8), upper.der] }), { ok: false, reason: 'unknown_issuer' });
  t.match(verify({ ...input, sent: [Buffer.alloc(15_000), upper.der] }), { ok: true });
  t.match(verify({ ...input, sent: [Buffer.alloc(16_384), upper.der] }), { ok: false });
});

t.test('rubbish among what was sent vouches for nobody and harms nobody', async (t) => {
  const sent = [Buffer.from('rubbish'), client.der, clientCa.der];
  t.match(verify({ leaf: client.der, sent, trust: trustIn([clientCa]), now, openssl: 'ok' }), { ok: true });
});

t.test('the identity holds the chain that was used, and nothing else that was sent', async (t) => {
  const root = await makeTestRoot('Root', { pathLength: 1 });
  const upper = await makeTestIntermediate(root, 'Upper');
  const leaf = await issueClient({}, upper);
  const trust = trustIn([root], { maxVerifyDepth: 2 });
  const sent = [clientCa.der, root.der, upper.der];
  const verdict = verify({ leaf: leaf.der, sent, trust, now, openssl: 'ok' });
  t.match(verdict, { ok: true });
  if (!verdict.ok) return;
  t.strictSame(verdict.identity.chain, [upper.der]);
  t.equal(verdict.identity.leaf.commonName, 'Alice Example');
});

t.test('a resumed leaf passes by itself only where an anchor issued it', async (t) => {
  const root = await makeTestRoot('Root', { pathLength: 1 });
  const upper = await makeTestIntermediate(root, 'Upper');
  const leaf = await issueClient({}, upper);
  const resumed = { leaf: leaf.der, sent: undefined, now, openssl: 'ok' };
  t.match(verify({ ...resumed, trust: trustIn([root], { maxVerifyDepth: 2 }) }), {
    ok: false,
    reason: 'chain_unknown',
  });
  t.match(verify({ ...resumed, trust: trustIn([root, upper]) }), { ok: true });
});

t.test('any code of OpenSSL that is not known is a refusal', async (t) => {
  const input = { leaf: client.der, sent: [], trust: trustIn([clientCa]), now };
  for (const openssl of ['UNSPECIFIED', 'SOMETHING_NEW', '', 'undefined', 'constructor'])
    t.match(verify({ ...input, openssl }), { ok: false, reason: 'rejected' }, `'${openssl}'`);
});

t.test('a verdict lasts until the first certificate of the chain ends, or a date begins', async (t) => {
  const root = await makeTestRoot('Root', { pathLength: 1, notAfter: new Date(now + 3 * HOUR_MS) });
  const upper = await makeTestIntermediate(root, 'Upper', { notAfter: new Date(now + 2 * HOUR_MS) });
  const leaf = await issueClient({ notBefore: new Date(now + HOUR_MS) }, upper);
  const trust = trustIn([root], { maxVerifyDepth: 2 });
  const input = { leaf: leaf.der, sent: [upper.der], trust, openssl: 'ok' };
  const early = verify({ ...input, now });
  t.match(early, { ok: false, reason: 'not_yet_valid' });
  t.equal(second(early.until), second(now + HOUR_MS));
  const good = verify({ ...input, now: early.until });
  t.match(good, { ok: true });
  t.equal(second(good.until), second(now + 2 * HOUR_MS));
  t.match(verify({ ...input, now: good.until }), { ok: false, reason: 'expired' });
  t.equal(verify({ ...input, now: now + 9_999 * HOUR_MS }).until, Infinity);
});

t.test('a verdict never changes before its time, and one that passed never outlives it', async () => {
  const root = await makeTestRoot('Root', { pathLength: 1, ...span(-50, 50) });
  const renewed = await makeTestRoot('Root', { pathLength: 1, keyPem: root.keyPem, ...span(20, 90) });
  const upper = await makeTestIntermediate(root, 'Upper', span(-20, 30));
  const laterUpper = await makeTestIntermediate(root, 'Upper', { keyPem: upper.keyPem, ...span(25, 80) });
  const leaf = await issueClient(span(-10, 70), upper);
  const input = {
    leaf: leaf.der,
    sent: [upper.der, laterUpper.der],
    trust: trustIn([root, renewed], { maxVerifyDepth: 2 }),
    openssl: 'ok',
  };
  const hour = integer({ min: -60 * 60, max: 100 * 60 });
  assert(
    property(hour, hour, (first, later) => {
      const asked = now + Math.min(first, later) * 60_000;
      const again = now + Math.max(first, later) * 60_000;
      const verdict = verify({ ...input, now: asked });
      const other = verify({ ...input, now: again });
      if (again < verdict.until) return verdict.ok === other.ok;
      return !verdict.ok || verdict.until > asked;
    }),
    { numRuns: 100 },
  );
});
