import { AsnConvert } from '@peculiar/asn1-schema';
import {
  CRLDistributionPoints,
  DistributionPoint,
  DistributionPointName,
  GeneralName,
  IssuingDistributionPoint,
  Reason,
} from '@peculiar/asn1-x509';
import t from 'tap';
import { type Crl, parseCrl } from '../../../src/pki/crl.ts';
import { parseCertificate } from '../../../src/pki/facts.ts';
import { type CrlOptions, issueCrl } from '../../../src/pki/issue-crl.ts';
import type { Issued } from '../../../src/pki/issue-certificate.ts';
import { type RevocationSettings, compileRevocation } from '../../../src/pki/revocation.ts';
import { type VerifyInput, verify } from '../../../src/pki/verify.ts';
import { Extension } from '../../../src/pki/x509-library.ts';
import { makeTestIntermediate, makeTestPki, makeTestRoot } from '../../support/certificates.ts';
import { trustIn } from '../../support/trust.ts';

const HOUR_MS = 3_600_000;
const now = Date.now();
const at = (hours: number): Date => new Date(now + hours * HOUR_MS);
const second = (time: number): number => Math.floor(time / 1000) * 1000;
const { client, clientCa, issueClient } = await makeTestPki();
const { serial } = parseCertificate(client.der);
const HOLD = { revoked: [{ serial, reason: 'certificateHold' }] } as const;

const listOf = async (options: CrlOptions, issuer: Issued = clientCa): Promise<Crl> =>
  parseCrl((await issueCrl(issuer, options)).der);
const emptyList = (options: Partial<CrlOptions> = {}, issuer?: Issued) =>
  listOf({ revoked: [], ...options }, issuer);
const delta = (base: number, options: CrlOptions) =>
  listOf({
    ...options,
    extensions: (profile) => [...profile, new Extension('2.5.29.27', true, Buffer.from([2, 1, base]))],
  });
const limited = (limit: Partial<IssuingDistributionPoint>, options: CrlOptions = { revoked: [] }) =>
  listOf({
    ...options,
    extensions: (profile) => [
      ...profile,
      new Extension('2.5.29.28', true, AsnConvert.serialize(new IssuingDistributionPoint(limit))),
    ],
  });
const uri = (text: string): DistributionPointName =>
  new DistributionPointName({ fullName: [new GeneralName({ uniformResourceIdentifier: text })] });

type Check = Partial<VerifyInput> & Partial<RevocationSettings> & { depth?: number; cas?: Issued[] };

const verdictOf = (crls: readonly Crl[], { cas = [clientCa], ...more }: Check = {}) =>
  verify({
    leaf: client.der,
    sent: [],
    trust: trustIn(cas, {
      revocation: compileRevocation({ scope: 'chain', freshness: 'strict', graceMs: 0, crls, ...more }),
      maxVerifyDepth: more.depth,
    }),
    now,
    openssl: 'ok',
    ...more,
  });

t.test('a list that does not name the certificate lets it in, until the list ends', async (t) => {
  const verdict = verdictOf([await emptyList({ nextUpdate: at(5) })]);
  t.match(verdict, { ok: true, until: second(now + 5 * HOUR_MS) });
});

t.test('a list that names it does not, and says when and why', async (t) => {
  const crl = await listOf({
    revoked: [{ serial, reason: 'keyCompromise', revokedAt: new Date(0) }],
    number: 9,
  });
  t.match(verdictOf([crl]), {
    ok: false,
    reason: 'revoked',
    detail:
      /^revoked on 1970-01-01T00:00:00Z \(keyCompromise\) by list 9 of 'CN=Test client CA,O=Test' made on /,
  });
});

t.test('no list of the issuer is no answer, whatever others there are', async (t) => {
  const other = await makeTestRoot('Other CA');
  t.match(verdictOf([]), { reason: 'crl_missing', detail: `there is no list of 'CN=Test client CA,O=Test'` });
  t.match(verdictOf([await emptyList({}, other)]), { reason: 'crl_missing' });
  const twin = await makeTestRoot('Test client CA');
  t.match(
    verdictOf([await emptyList({}, twin)]),
    { reason: 'crl_missing' },
    'a list that another key signed',
  );
  t.match(verdictOf([await listOf({ revoked: [{ serial }] }, twin)]), { reason: 'crl_missing' });
});

t.test('a list that is out of date', async (t) => {
  const crl = await emptyList({ thisUpdate: at(-9), nextUpdate: at(-2) });
  t.match(verdictOf([crl]), { reason: 'crl_stale', detail: / is out of date since 20/ });
  t.match(verdictOf([crl], { freshness: 'grace', graceMs: HOUR_MS }), { reason: 'crl_stale' });
  const graced = verdictOf([crl], { freshness: 'grace', graceMs: 3 * HOUR_MS });
  t.match(graced, { ok: true, until: second(now + HOUR_MS) });
  t.match(verdictOf([crl], { freshness: 'ignore' }), { ok: true });
  t.match(verdictOf([crl, await emptyList({ thisUpdate: at(-1) })]), { ok: true }, 'a newer one is there');
  const naming = await listOf({ revoked: [{ serial }], thisUpdate: at(-9), nextUpdate: at(-2) });
  t.match(verdictOf([naming]), { reason: 'revoked' }, 'still revokes');
});

t.test('the newest list counts, whatever the order, and an entry of the future already', async (t) => {
  const old = await listOf({ revoked: [{ serial }], thisUpdate: at(-3), number: 1 });
  const newer = await emptyList({ thisUpdate: at(-2), number: 2 });
  t.match(verdictOf([old, newer]), { ok: true });
  t.match(verdictOf([newer, old]), { ok: true });
  const future = await listOf({ revoked: [{ serial }], thisUpdate: at(1), number: 3 });
  t.match(verdictOf([newer, future]), { reason: 'revoked' });
  t.match(verdictOf([await emptyList({ thisUpdate: at(1) })]), { reason: 'crl_missing' });
});

t.test('every level is looked up, or the leaf alone', async (t) => {
  const root = await makeTestRoot('Root', { pathLength: 1 });
  const middle = await makeTestIntermediate(root, 'Middle');
  const leaf = await issueClient({}, middle);
  const input = { leaf: leaf.der, sent: [middle.der], cas: [root], depth: 2 };
  const [ofRoot, ofMiddle] = [await emptyList({}, root), await emptyList({}, middle)];
  t.match(verdictOf([ofRoot, ofMiddle], input), { ok: true });
  t.match(verdictOf([ofMiddle], input), { reason: 'crl_missing', detail: /CN=Root/ });
  t.match(verdictOf([ofMiddle], { ...input, scope: 'leaf' }), { ok: true });
  const revoked = [{ serial: parseCertificate(middle.der).serial }];
  t.match(verdictOf([await listOf({ revoked }, root), ofMiddle], input), { reason: 'revoked' });
});

t.test('a CA whose key usage has no cRLSign issues no lists', async (t) => {
  const ca = await makeTestRoot('No lists', {
    extensions: (profile) => [
      ...profile.filter(({ type }) => type !== '2.5.29.15'),
      new Extension('2.5.29.15', true, Buffer.from('03020204', 'hex')),
    ],
  });
  const leaf = (await issueClient({}, ca)).der;
  t.match(verdictOf([await emptyList({}, ca)], { leaf, cas: [ca] }), { reason: 'crl_missing' });
});

t.test('a delta adds to its list, and lifts a hold while it is current', async (t) => {
  const [good, held] = [await emptyList({ number: 5 }), await listOf({ ...HOLD, number: 5 })];
  t.match(verdictOf([good, await delta(5, { revoked: [{ serial }], number: 6 })]), { reason: 'revoked' });
  t.match(
    verdictOf([good, await delta(6, { revoked: [{ serial }], number: 7 })]),
    { ok: true },
    'of a later list',
  );
  t.match(
    verdictOf([good, await delta(4, { revoked: [{ serial }], number: 5 })]),
    { ok: true },
    'already in it',
  );
  t.match(verdictOf([await delta(5, { revoked: [], number: 6 })]), { reason: 'crl_missing' }, 'alone');
  const lift = { revoked: [{ serial, reason: 'removeFromCRL' as const }], number: 6 };
  t.match(verdictOf([held]), { reason: 'revoked' });
  t.match(verdictOf([held, await delta(5, lift)]), { ok: true });
  const late = await delta(5, { ...lift, thisUpdate: at(-9), nextUpdate: at(-2) });
  t.match(verdictOf([held, late]), { reason: 'revoked' }, 'a late delta lifts nothing');
  const compromised = await listOf({ revoked: [{ serial, reason: 'keyCompromise' }], number: 5 });
  t.match(
    verdictOf([compromised, await delta(5, lift)]),
    { reason: 'revoked' },
    'what is no hold is not lifted',
  );
});

t.test('a list counts for what it says that it covers', async (t) => {
  t.match(verdictOf([await limited({ onlyContainsUserCerts: true })]), { ok: true });
  t.match(verdictOf([await limited({ onlyContainsCACerts: true })]), { reason: 'crl_missing' });
  t.match(verdictOf([await limited({ onlyContainsAttributeCerts: true })]), { reason: 'crl_missing' });
  const some = await limited({ onlySomeReasons: new Reason(Buffer.from([0x40])) });
  t.match(verdictOf([some]), { reason: 'crl_missing' }, 'some reasons are not all');
});

t.test('a partition counts for the certificates that point to it', async (t) => {
  const [one, two] = ['http://ca.test/1.crl', 'http://ca.test/2.crl'];
  const points = new CRLDistributionPoints([new DistributionPoint({ distributionPoint: uri(one) })]);
  const leaf = (
    await issueClient({
      extensions: (profile) => [...profile, new Extension('2.5.29.31', false, AsnConvert.serialize(points))],
    })
  ).der;
  const partition = (text: string, serials: readonly string[] = []) =>
    limited({ distributionPoint: uri(text) }, { revoked: serials.map((each) => ({ serial: each })) });
  t.match(verdictOf([await partition(one)], { leaf }), { ok: true });
  t.match(verdictOf([await partition(two)], { leaf }), { reason: 'crl_missing' });
  const own = parseCertificate(leaf).serial;
  t.match(verdictOf([await partition(one, [own])], { leaf }), { reason: 'revoked' });
  t.match(verdictOf([await partition(two, [own]), await partition(one)], { leaf }), { ok: true });
});
