import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { AsnConvert } from '@peculiar/asn1-schema';
import { IssuingDistributionPoint } from '@peculiar/asn1-x509';
import t from 'tap';
import { parseAuthority } from '../../../src/pki/authority.ts';
import { parseCrl, parseCrlInSteps } from '../../../src/pki/crl.ts';
import { parseCertificate } from '../../../src/pki/facts.ts';
import { issueCrl } from '../../../src/pki/issue-crl.ts';
import { Extension } from '../../../src/pki/x509-library.ts';
import { makeTestPki, makeTestRoot } from '../../support/certificates.ts';
import { openssl, skipWithoutOpenssl } from '../../support/openssl.ts';

const { clientCa, client } = await makeTestPki();
const serial = parseCertificate(client.der).serial;
const authority = parseAuthority(clientCa.der);
const thisUpdate = new Date('2026-01-02T03:04:05Z');

const signedBy = (crl: ReturnType<typeof parseCrl>, { publicKey, facts }: typeof authority): boolean =>
  crl.isSignedBy(publicKey, facts.spkiSha256);

const make = async (number: number, revoked = [{ serial }]) =>
  parseCrl((await issueCrl(clientCa, { revoked, number, thisUpdate })).der);

const withExtension = async (extension: Extension) =>
  (await issueCrl(clientCa, { revoked: [], extensions: (profile) => [...profile, extension] })).der;

t.test('says which certificates are revoked, when and why', async (t) => {
  const revoked = [{ serial, reason: 'keyCompromise' as const }, { serial: '0102' }, { serial: '00ff' }];
  const crl = parseCrl((await issueCrl(clientCa, { revoked, number: 300, thisUpdate })).der);
  t.equal(crl.issuer, authority.facts.subject);
  t.equal(crl.number, 300n);
  t.equal(crl.thisUpdate, thisUpdate.getTime());
  t.ok((crl.nextUpdate ?? 0) > Date.now());
  t.strictSame(crl.entry(serial), { revokedAt: thisUpdate.getTime(), reason: 'keyCompromise' });
  t.strictSame(crl.entry('0102'), { revokedAt: thisUpdate.getTime(), reason: undefined });
  t.ok(crl.entry('ff'));
  t.equal(crl.entry('-01'), undefined, '255 is not -1');
  t.equal(crl.entry('03'), undefined);
  t.equal(crl.entries.size, 3);
});

t.test('knows whose key signed it', async (t) => {
  const other = await makeTestRoot('Test client CA');
  const crl = parseCrl((await issueCrl(clientCa, { revoked: [] })).der);
  t.ok(signedBy(crl, authority));
  t.notOk(signedBy(crl, parseAuthority(other.der)), 'the name alone is worth nothing');
  const rsa = parseAuthority((await makeTestRoot('RSA', { keyAlgorithm: 'rsa-2048' })).der);
  t.notOk(signedBy(crl, rsa), 'a key of another kind');
});

t.test('equal entries are equal in another edition', async (t) => {
  const [one, two, three] = [await make(1), await make(2), await make(3, [{ serial: '11' }])];
  t.equal(one.entriesSha256, two.entriesSha256);
  t.not(one.sha256, two.sha256);
  t.not(one.entriesSha256, three.entriesSha256);
});

t.test('a limit that is not understood refuses the list', async (t) => {
  const unknown = await withExtension(new Extension('1.2.3.4', true, Buffer.from('0500', 'hex')));
  t.throws(() => parseCrl(unknown), { code: 'client_certificate_invalid', message: /critical extension/ });
  const twice = await withExtension(new Extension('2.5.29.20', false, Buffer.from('020101', 'hex')));
  t.throws(() => parseCrl(twice), { message: /an extension twice/ });
  const point = new IssuingDistributionPoint({ onlyContainsUserCerts: true, onlyContainsCACerts: true });
  const both = await withExtension(new Extension('2.5.29.28', true, AsnConvert.serialize(point)));
  t.throws(() => parseCrl(both), { message: /two limits/ });
});

t.test('what is not one whole list throws, whatever is cut or added', async (t) => {
  const { der } = await issueCrl(clientCa, { revoked: [{ serial, reason: 'superseded' }] });
  for (let length = 0; length < der.length; length++)
    t.throws(() => parseCrl(der.subarray(0, length)), { code: 'client_certificate_invalid' });
  t.throws(() => parseCrl(Buffer.concat([der, Buffer.from([0])])), { message: /bytes after the end/ });
  t.throws(() => parseCrl(client.der));
});

t.test('a large list is read in many steps', async (t) => {
  const revoked = Array.from({ length: 2000 }, (_, index) => ({
    serial: `40${(index + 4096).toString(16)}`,
  }));
  const steps = parseCrlInSteps((await issueCrl(clientCa, { revoked })).der);
  let count = 0;
  for (let step = steps.next(); ; step = steps.next()) {
    if (step.done === true) {
      t.equal(step.value.entries.size, 2000);
      break;
    }
    count++;
  }
  t.equal(count, 4);
});

t.test('reads as OpenSSL reads', { skip: skipWithoutOpenssl }, async (t) => {
  const { der } = await issueCrl(clientCa, { revoked: [{ serial }], number: 7 });
  const file = path.join(t.testdir(), 'list.crl');
  writeFileSync(file, der);
  const text = openssl('crl', '-inform', 'DER', '-in', file, '-noout', '-text');
  t.match(text.replaceAll(/\s/g, '').toLowerCase(), `serialnumber:${serial}`);
  t.match(text, 'X509v3 CRL Number');
});
