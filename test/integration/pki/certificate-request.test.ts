// Requests for certificates as openssl makes them.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { readHostRequest, readRequest } from '../../../src/pki/csr.ts';
import { certifyClient, issueRoot } from '../../../src/pki/issue.ts';
import { parseCertificate } from '../../../src/pki/facts.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { openssl, skipWithoutOpenssl } from '../../support/openssl.ts';

/** DER. `key`: what `-newkey` takes. */
function requestFor(folder: string, key: readonly string[], ...more: string[]): Buffer {
  const file = path.join(folder, 'request.pem');
  const to = ['-keyout', path.join(folder, 'key.pem'), '-out', file];
  openssl('req', '-new', '-nodes', '-newkey', ...key, ...to, '-subj', '/CN=x', ...more);
  return Buffer.from(openssl('req', '-in', file), 'latin1');
}

const EC = ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];

t.test('its key and names, and a certificate for that key', { skip: skipWithoutOpenssl }, async (t) => {
  const folder = temporaryFolder(t);
  const names = 'subjectAltName=DNS:A.example.com,email:ada@example.com,URI:spiffe://x/y,IP:10.0.0.1';
  const pem = requestFor(folder, EC, '-addext', names);
  const request = await readRequest(pem);
  t.strictSame(request.names, {
    dns: ['A.example.com'],
    email: ['ada@example.com'],
    uri: ['spiffe://x/y'],
    ip: ['10.0.0.1'],
    upn: [],
  });
  t.strictSame((await readRequest(request.der)).spki, request.spki, 'the same in DER');
  t.strictSame((await readHostRequest(pem)).names, ['a.example.com']);

  const ca = await issueRoot({ commonName: 'CA', organization: 'O', days: 1 });
  const { certPem, der, caPem } = await certifyClient(ca, request.spki, {
    commonName: 'ada',
    days: 1,
    names: { email: ['ada@example.com'] },
  });
  t.equal(caPem, ca.certPem);
  t.strictSame(parseCertificate(der).names.email, ['ada@example.com']);
  writeFileSync(path.join(folder, 'ca.pem'), caPem);
  writeFileSync(path.join(folder, 'leaf.pem'), certPem);
  const file = (name: string) => path.join(folder, name);
  t.match(openssl('verify', '-purpose', 'sslclient', '-CAfile', file('ca.pem'), file('leaf.pem')), /: OK/);
  t.equal(
    openssl('x509', '-in', file('leaf.pem'), '-pubkey', '-noout'),
    openssl('pkey', '-in', file('key.pem'), '-pubout'),
  );
});

t.test('other kinds of keys', { skip: skipWithoutOpenssl }, async (t) => {
  const folder = temporaryFolder(t);
  for (const key of [['rsa:2048'], ['ed25519'], ['ec', '-pkeyopt', 'ec_paramgen_curve:P-384']])
    await t.resolves(readRequest(requestFor(folder, key)), key.join(' '));
  await t.rejects(readRequest(requestFor(folder, ['rsa:1024'])), /an RSA key of 1024 bits, below 2048/);
});

t.test('what is no request, or not signed with its own key', { skip: skipWithoutOpenssl }, async (t) => {
  const folder = temporaryFolder(t);
  const { der } = await readRequest(requestFor(folder, EC));
  const forged = Buffer.from(der);
  forged[forged.length - 1] = (forged.at(-1) ?? 0) ^ 1;
  await t.rejects(readRequest(forged), /not signed with its own key/);
  for (const wrong of [
    Buffer.alloc(0),
    Buffer.from('nonsense'),
    der.subarray(0, 40),
    Buffer.from([0x30, 0x80]),
  ])
    await t.rejects(readRequest(wrong), wrong.toString('hex'));
  await t.rejects(readHostRequest(der), /names no host/);
});
