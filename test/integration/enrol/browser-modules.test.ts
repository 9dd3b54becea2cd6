// What the page makes, in the hands of those who read it: OpenSSL, for requests, certificates and .p12 files. The modules
// need WebCrypto and nothing else, so Node runs them as a browser does.
import { createCipheriv, createPrivateKey, randomBytes, X509Certificate } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import t, { type Test } from 'tap';
import { newKeyPair, requestFor } from '../../../src/enrol/browser/certificate-request.ts';
import { certificatesIn, elements, integer, oid, sequence } from '../../../src/enrol/browser/der.ts';
import { makePkcs12, newPassword } from '../../../src/enrol/browser/pkcs12.ts';
import { encryptTripleDes } from '../../../src/enrol/browser/triple-des.ts';
import { encodeCertsOnly } from '../../../src/pki/certs-only.ts';
import { readRequest } from '../../../src/pki/csr.ts';
import { parsePem } from '../../../src/pki/pem.ts';
import { makeTestPki } from '../../support/certificates.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { openssl, skipWithoutOpenssl } from '../../support/openssl.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const own = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => new Uint8Array(bytes);

t.test('triple DES is that of OpenSSL', (t) => {
  let different = 0;
  for (let length = 0; length < 100; length++) {
    const [key, iv, data] = [randomBytes(24), randomBytes(8), randomBytes(length)];
    const cipher = createCipheriv('des-ede3-cbc', key, iv);
    const wanted = Buffer.concat([cipher.update(data), cipher.final()]);
    if (!wanted.equals(encryptTripleDes(key, iv, data))) different++;
  }
  t.equal(different, 0);
  t.end();
});

t.test('a request is signed with its key, whatever the signature looks like', async (t) => {
  // Numbers with a high bit or leading zeros have another length: half of all, and one in 128.
  for (let i = 0; i < 300; i++) {
    const keys = await newKeyPair();
    const { spki, names } = await readRequest(Buffer.from(await requestFor(keys)));
    const wanted = Buffer.from(await crypto.subtle.exportKey('spki', keys.publicKey));
    if (!spki.equals(wanted) || Object.values(names).flat().length > 0) t.fail('another key, or a name');
  }
  t.pass();
});

t.test('OpenSSL takes a request for one', { skip: skipWithoutOpenssl }, async (t) => {
  const file = path.join(temporaryFolder(t), 'request.der');
  writeFileSync(file, await requestFor(await newKeyPair()));
  const text = openssl('req', '-inform', 'DER', '-in', file, '-noout', '-verify', '-subject');
  t.match(text, /verify OK/i);
  t.match(text, /^subject=$/m);
});

async function p12Of(t: Test, password: string) {
  const { client } = await makeTestPki();
  const privateKey = own(createPrivateKey(client.keyPem).export({ type: 'pkcs8', format: 'der' }));
  const friendlyName = 'enrol.example.com, 2026 🔑';
  const p12 = await makePkcs12({ privateKey, certificate: own(client.der), friendlyName, password });
  const file = path.join(temporaryFolder(t), 'client.p12');
  writeFileSync(file, p12);
  return { file, client };
}

t.test('OpenSSL opens the .p12 with its password and no other', { skip: skipWithoutOpenssl }, async (t) => {
  const password = newPassword();
  t.match(password, /^([a-z2-9]{5}-){3}[a-z2-9]{5}$/);
  t.not(newPassword(), password);
  const { file, client } = await p12Of(t, password);
  const open = (word: string) => openssl('pkcs12', '-in', file, '-passin', `pass:${word}`, '-nodes');
  const text = open(password);
  const [certificate] = parsePem(text.slice(text.indexOf('-----BEGIN CERTIFICATE')));
  t.strictSame(certificate?.der, client.der);
  const key = createPrivateKey(text.slice(text.indexOf('-----BEGIN PRIVATE KEY')));
  t.ok(new X509Certificate(client.der).checkPrivateKey(key));
  t.match(text, /friendlyName: /);
  const id = /localKeyID: ([0-9A-F ]+)/g;
  const ids = [...text.matchAll(id)].map(([, found]) => found?.trim());
  t.equal(ids.length, 2);
  t.equal(ids[0], ids[1], 'how the two are known to belong together');
  t.throws(() => open('wrong'), /invalid password|mac verify/i);
});

t.test('certificates are found in an answer, and nothing in what is none', async (t) => {
  const { client, clientCa } = await makeTestPki();
  const found = certificatesIn(own(encodeCertsOnly([client.der, clientCa.der])));
  t.strictSame(
    found.map((der) => Buffer.from(der)),
    [client.der, clientCa.der],
  );
  t.strictSame(certificatesIn(own(Buffer.alloc(0))), []);
  for (const wrong of ['30', '3005', '3080', '30840000000100'])
    t.throws(() => certificatesIn(own(Buffer.from(wrong, 'hex'))), RangeError, wrong);
});

t.test('numbers, identifiers and lengths', (t) => {
  t.strictSame(
    [0, 127, 128, 2048, 65_535].map((value) => hex(integer(value))),
    ['020100', '02017f', '02020080', '02020800', '020300ffff'],
  );
  t.equal(hex(oid('1.2.840.113549.1.7.1')), '06092a864886f70d010701');
  for (const length of [0, 127, 128, 255, 256, 70_000]) {
    const [read] = elements(sequence(new Uint8Array(length)));
    t.equal(read?.content.length, length);
  }
  t.end();
});

t.test('a public key that no private one goes with is told', async (t) => {
  const [one, other] = [await newKeyPair(), await newKeyPair()];
  const request = await requestFor({ privateKey: one.privateKey, publicKey: other.publicKey });
  await t.rejects(readRequest(Buffer.from(request)), /not signed with its own key/);
});
