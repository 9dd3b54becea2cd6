// Rows about certificates that are good in themselves: taken back by their CA, locked out here, without the right name.
import { parseCertificate } from '../../src/pki/facts.ts';
import { type CrlOptions, issueCrl } from '../../src/pki/issue-crl.ts';
import type { Issued } from '../../src/pki/issue-certificate.ts';
import { makeTestIntermediate, makeTestPki, makeTestRoot } from './certificates.ts';
import { type ClientCase, EXPIRED, PASSES, ago } from './client-case.ts';

const NEVER_LOST = { fingerprint: '00'.repeat(32) };
const serialOf = ({ der }: Issued): string => parseCertificate(der).serial;
const revoking = (...issued: Issued[]) => issued.map((one) => ({ serial: serialOf(one) }));
const refused = (verdict: ClientCase['verdict']) => ({ verdict, openssl: 'ok' });

export async function makeTakenBackCases(): Promise<ClientCase[]> {
  const { client, clientCa, issueClient } = await makeTestPki();
  const other = await makeTestRoot('Another CA');
  const root = await makeTestRoot('List root', { pathLength: 1 });
  const upper = await makeTestIntermediate(root, 'List upper');
  const deep = await issueClient({}, upper);
  const expired = await issueClient(EXPIRED);
  const listOf = async (options: CrlOptions, issuer = clientCa): Promise<string> =>
    (await issueCrl(issuer, options)).crlPem;
  const late = { thisUpdate: ago(48), nextUpdate: ago(1) };
  const [empty, lateEmpty] = [await listOf({ revoked: [] }), await listOf({ revoked: [], ...late })];
  const ofRoot = await listOf({ revoked: [] }, root);
  const ofUpper = await listOf({ revoked: [] }, upper);
  const facts = parseCertificate(client.der);
  const bySerial = { serial: facts.serial, issuer: facts.issuer };
  const underUpper = { client: deep, chain: [upper], anchors: [root], depth: 2 };
  return [
    { name: 'not in the list', client, mtls: { crl: empty }, ...PASSES },
    {
      name: 'in the list',
      client,
      mtls: { crl: await listOf({ revoked: revoking(client) }) },
      ...refused('revoked'),
    },
    {
      name: 'in the list, and expired as well',
      client: expired,
      mtls: { crl: await listOf({ revoked: revoking(expired) }) },
      verdict: 'revoked',
      openssl: 'CERT_HAS_EXPIRED',
    },
    {
      name: 'a list of another CA only',
      client,
      mtls: { crl: await listOf({ revoked: [] }, other) },
      ...refused('crl_missing'),
    },
    { name: 'a list that is late', client, mtls: { crl: lateEmpty }, ...refused('crl_stale') },
    {
      name: 'expired, and a list that is late',
      client: expired,
      mtls: { crl: lateEmpty },
      verdict: 'expired',
      openssl: 'CERT_HAS_EXPIRED',
    },
    {
      name: 'a late list within its grace',
      client,
      mtls: { crl: lateEmpty, crl_freshness: 'grace', crl_grace: '2h' },
      ...PASSES,
    },
    {
      name: 'a late list beyond its grace',
      client,
      mtls: { crl: lateEmpty, crl_freshness: 'grace', crl_grace: '30m' },
      ...refused('crl_stale'),
    },
    {
      name: 'a late list whose age is ignored',
      client,
      mtls: { crl: lateEmpty, crl_freshness: 'ignore' },
      ...PASSES,
    },
    {
      name: 'named in a late list whose age is ignored',
      client,
      mtls: { crl: await listOf({ revoked: revoking(client), ...late }), crl_freshness: 'ignore' },
      ...refused('revoked'),
    },
    { name: 'lists of both CAs of the chain', ...underUpper, mtls: { crl: ofRoot + ofUpper }, ...PASSES },
    {
      name: 'no list of the upper CA',
      ...underUpper,
      mtls: { crl: ofUpper },
      ...refused('crl_missing'),
    },
    {
      name: 'no list of the upper CA where the leaf alone is looked up',
      ...underUpper,
      mtls: { crl: ofUpper, crl_scope: 'leaf' },
      ...PASSES,
    },
    {
      name: 'an intermediate that is revoked',
      ...underUpper,
      mtls: { crl: (await listOf({ revoked: revoking(upper) }, root)) + ofUpper },
      ...refused('revoked'),
    },
    { name: 'a deny list that names others', client, mtls: { deny: [NEVER_LOST] }, ...PASSES },
    {
      name: 'denied by fingerprint',
      client,
      mtls: { deny: [NEVER_LOST, { fingerprint: facts.sha256 }] },
      ...refused('denied_locally'),
    },
    {
      name: 'denied by key',
      client,
      mtls: { deny: [{ spki_hash: facts.spkiSha256 }] },
      ...refused('denied_locally'),
    },
    { name: 'denied by serial number', client, mtls: { deny: [bySerial] }, ...refused('denied_locally') },
    {
      name: 'denied by name',
      client,
      mtls: { deny: [{ san_email: 'ALICE@example.com' }] },
      ...refused('denied_locally'),
    },
    {
      name: 'denied until yesterday',
      client,
      mtls: { deny: [{ ...bySerial, until: ago(24).toISOString().slice(0, 10) }] },
      ...PASSES,
    },
    {
      name: 'a name that is asked for',
      client,
      mtls: { match_subject_alt_names: [{ dns: '.*' }, { email: String.raw`.*@example\.com` }] },
      ...PASSES,
    },
    {
      name: 'no name that is asked for',
      client,
      mtls: { match_subject_alt_names: [{ dns: '.*' }, { email: 'alice' }] },
      ...refused('san_mismatch'),
    },
  ];
}
