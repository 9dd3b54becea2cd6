import { X509Certificate, createHash } from 'node:crypto';
import { AlgorithmIdentifier } from '@peculiar/asn1-x509';
import t from 'tap';
import { parseCertificate } from '../../../src/pki/facts.ts';
import type { LeafOptions } from '../../../src/pki/issue.ts';
import { parsePem } from '../../../src/pki/pem.ts';
import { isStrongSignature, signatureHash } from '../../../src/pki/signature-hash.ts';
import { Extension, SubjectAlternativeNameExtension } from '../../../src/pki/x509-library.ts';
import { makeTestPki, makeTestRoot } from '../../support/certificates.ts';

/** Made with OpenSSL 3.0; its own reading of it is what the first test expects. */
const PECULIAR = `
-----BEGIN CERTIFICATE-----
MIIEKzCCA7GgAwIBAgIEAKGywzAKBggqhkjOPQQDAzCB5zEUMBIGCgmSJomT8ixk
ARkWBHRlc3QxFzAVBgoJkiaJk/IsZAEZFgdleGFtcGxlMQswCQYDVQQGEwJERTEd
MBsGA1UECgwUTcO8bGxlciwgU8O2aG5lICsgQ28xDDAKBgNVBAsMAyMxIDEVMBMG
A1UECwwMIGI7YzxkPiJlIlxmMSowCAYDVQQFEwE3MAwGA1UEAwwFZmlyc3QwEAYK
CZImiZPyLGQBAQwCdTExFjAUBgNVBAMMDUFsaWNlID0gQWRtaW4xITAfBgkqhkiG
9w0BCQEWEmFsaWNlQGV4YW1wbGUudGVzdDAeFw0yNjExMjIxNjAxNTNaFw0zNjEx
MTkxNjAxNTNaMIHnMRQwEgYKCZImiZPyLGQBGRYEdGVzdDEXMBUGCgmSJomT8ixk
ARkWB2V4YW1wbGUxCzAJBgNVBAYTAkRFMR0wGwYDVQQKDBRNw7xsbGVyLCBTw7Zo
bmUgKyBDbzEMMAoGA1UECwwDIzEgMRUwEwYDVQQLDAwgYjtjPGQ+ImUiXGYxKjAI
BgNVBAUTATcwDAYDVQQDDAVmaXJzdDAQBgoJkiaJk/IsZAEBDAJ1MTEWMBQGA1UE
AwwNQWxpY2UgPSBBZG1pbjEhMB8GCSqGSIb3DQEJARYSYWxpY2VAZXhhbXBsZS50
ZXN0MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEz3BBuYyKwcT564nw1VW3X+YN0Red
56kDuVYQuwK16FY+4ksElYyip8APc21BaOHLGtVUk5iBQdTifO2MiXlXAfuPZOhk
smuP0QCfySARpJyYbZ2PGRzsmxf+wCBr33o3o4IBKjCCASYwDAYDVR0TAQH/BAIw
ADAZBgNVHSUEEjAQBggrBgEFBQcDAgYEKgMEBTCBywYDVR0RBIHDMIHAgg5hLmV4
YW1wbGUudGVzdIIIKi5iLnRlc3SBEmFsaWNlQGV4YW1wbGUudGVzdIYbc3BpZmZl
Oi8vZXhhbXBsZS50ZXN0L2E/Yj1jhwTAAAIBhxAgAQ24AAAAAAABAAAAAAABhxAA
AAAAAAAAAAAA///AAAIBoB8GCisGAQQBgjcUAgOgEQwPYWxpY2VAY29ycC50ZXN0
oA4GAyoDCaAHDAVvdGhlcqQTMBExDzANBgNVBAMMBmluc2lkZYgDKgMEMA4GBSoD
BAUGAQH/BAIFADAdBgNVHQ4EFgQUPPsz8LyMdZgvssr84CNX9oiigTkwCgYIKoZI
zj0EAwMDaAAwZQIwSsBBD/oEDc9XWi2U++4cLseH6ybfTqgxfyVLtnlV3tCMFQ3c
A4w3pAMg0e5nGFCgAjEAqPjgCBBQ3/7sie3zTp4hq31/850KTRdLYHryMIWIFUVP
+JdB3tctYnv4fz7ydQae
-----END CERTIFICATE-----
`;
/** RSA 2048, RSASSA-PSS with SHA-512, without extensions. */
const PSS = `
-----BEGIN CERTIFICATE-----
MIIDDTCCAcACFAbZy/ykFlHeTepdfbLjPCTtr6ucMEIGCSqGSIb3DQEBCjA1oA8w
DQYJYIZIAWUDBAIDBQChHDAaBgkqhkiG9w0BAQgwDQYJYIZIAWUDBAIDBQCiBAIC
AL4wDjEMMAoGA1UEAwwDcHNzMB4XDTI2MTEyMjE2MDE1NFoXDTM2MTExOTE2MDE1
NFowDjEMMAoGA1UEAwwDcHNzMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKC
AQEAs5/x4efWF329nvTZd6lN3N6590M1oO8MOFB3n7CTG/KCDuH2kHmR5vorV9na
+9fzfeyDKT7YYBI4SE5kKJxqtSu+sG5Jy5ZWTR8zcSDcG4FqJCxgb0p4GSmFfhjq
jXhLRDbqhFPESFmFInqc9TxdhATOvK+wuI7BQ0l9tOh4cl94DZguSTQmO8X2vmTd
LmlJHjgwGMDuVBgCQb1RZbgsVi4kE74jZybiJB+Fnj4mOe5/yiRpVhfmFEhQBlDk
scSW/v8ssn35oDJQUVOUh55u5/LC62Uwj2IA38d8r0H4z3zyARXrTl/7GDSqJ0yV
hYTtuyCcDxgfzy/yNV3S+DErawIDAQABMEIGCSqGSIb3DQEBCjA1oA8wDQYJYIZI
AWUDBAIDBQChHDAaBgkqhkiG9w0BAQgwDQYJYIZIAWUDBAIDBQCiBAICAL4DggEB
AGKcxliof5RwLIw22etIQfEI2Hwvd1LIPzHjnO0a8IW/2dtweXV34rbk73U5LX0/
5LoF3XYmFM5p56B01fjW8KZ3Ku+2arbinzCybjL8QBgBRBi4GDA3ADh13k7R00gq
2m7fO3u+TUPOdMjwuRJi4SbY96YDIrAdqCr5A2TyzeIakh9rtrT+iQFlnPv0TWWV
OFs08Vvn4c4g2d2bWi+hVUB9yoyCXuR1VF1lPO+QAcfU+QZL1uaWhE/j0huRJOfz
5kf5f+5WAlv+rAE/vmtfIQhzcld4J4Exm4NMcZ434dDRBs1sCNins8g9yJV/pcZu
ZUPgZu0kTHEwikJFp54ViBg=
-----END CERTIFICATE-----
`;

function facts(pem: string) {
  const [block] = parsePem(pem);
  if (!block) throw new Error('no PEM');
  return parseCertificate(block.der);
}

async function issued(overrides: Partial<LeafOptions>) {
  const { issueClient } = await makeTestPki();
  return parseCertificate((await issueClient(overrides)).der);
}

t.test('reads a peculiar certificate as OpenSSL does', async (t) => {
  const { der, ...read } = facts(PECULIAR);
  t.equal(der.length, 1071);
  t.strictSame(read, {
    sha256: '3acf3d3f82aa1316069650f3a0319057825532fbb6e5862d22024db6a20ad746',
    spkiSha256: 'BOgcECPuoaPDsBjvM258/eDFW4EiIKGkCN/0usmKMiQ=',
    serial: 'a1b2c3',
    subject: String.raw`emailAddress=alice@example.test,CN=Alice = Admin,UID=u1+CN=first+serialNumber=7,OU=\ b\;c\<d\>\"e\"\\f,OU=\#1\ ,O=Müller\, Söhne \+ Co,C=DE,DC=example,DC=test`,
    commonName: 'first',
    issuer: read.subject,
    notBefore: Date.UTC(2026, 10, 22, 16, 1, 53),
    notAfter: Date.UTC(2036, 10, 19, 16, 1, 53),
    isCa: false,
    key: { type: 'ec', bits: 384 },
    signatureHash: 'sha384',
    extendedKeyUsage: ['1.3.6.1.5.5.7.3.2', '1.2.3.4.5'],
    mayIssueCrls: true,
    crlPoints: undefined,
    names: {
      dns: ['a.example.test', '*.b.test'],
      email: ['alice@example.test'],
      uri: ['spiffe://example.test/a?b=c'],
      ip: ['192.0.2.1', '2001:db8::1:0:0:1', '::ffff:c000:201'],
      upn: ['alice@corp.test'],
    },
    unknownCritical: ['1.2.3.4.5.6'],
  });
});

t.test('reads RSASSA-PSS, and a certificate without extensions', async (t) => {
  t.match(facts(PSS), {
    key: { type: 'rsa', bits: 2048 },
    signatureHash: 'sha512',
    extendedKeyUsage: undefined,
    isCa: false,
    names: { dns: [], email: [], uri: [], ip: [], upn: [] },
  });
});

t.test('agrees with Node on what both can read', async (t) => {
  const { edge, client, clientCa } = await makeTestPki();
  for (const { der } of [edge, client, clientCa]) {
    const read = parseCertificate(der);
    const node = new X509Certificate(der);
    t.equal(read.sha256, node.fingerprint256.replaceAll(':', '').toLowerCase());
    const spki = node.publicKey.export({ type: 'spki', format: 'der' });
    t.equal(read.spkiSha256, createHash('sha256').update(spki).digest('base64'));
    t.equal(read.serial, node.serialNumber.toLowerCase());
    t.equal(read.isCa, node.ca);
    t.equal(read.notAfter, node.validToDate.getTime());
  }
});

t.test('knows the kinds of key', async (t) => {
  t.match(await issued({ keyAlgorithm: 'rsa-1024' }), { key: { type: 'rsa', bits: 1024 } });
  t.match(await issued({ keyAlgorithm: 'ec-p256' }), { key: { type: 'ec', bits: 256 } });
  t.match(await issued({ keyAlgorithm: 'ed25519' }), { key: { type: 'ed25519' } });
  const { issueClient } = await makeTestPki();
  const root = await makeTestRoot('Ed', { keyAlgorithm: 'ed25519' });
  t.equal(parseCertificate((await issueClient({}, root)).der).signatureHash, '', 'Ed25519 has no digest');
});

t.test('knows strong digests from weak ones, and takes an unknown algorithm for weak', async (t) => {
  for (const [oid, name, isStrong] of [
    ['1.2.840.113549.1.1.4', 'md5', false],
    ['1.2.840.113549.1.1.5', 'sha1', false],
    ['1.2.840.10045.4.1', 'sha1', false],
    ['1.2.840.113549.1.1.11', 'sha256', true],
    ['1.2.840.10045.4.3.4', 'sha512', true],
    ['1.2.3.4', '1.2.3.4', false],
  ] as const) {
    t.equal(signatureHash(new AlgorithmIdentifier({ algorithm: oid })), name);
    t.equal(isStrongSignature(name), isStrong, name);
  }
});

for (const [what, overrides] of Object.entries<Partial<LeafOptions>>({
  'a NUL in a DNS name': { names: { dns: ['good.test\0.evil.test'] } },
  'a NUL in an e-mail address': { names: { email: ['alice@good.test\0.evil.test'] } },
  'a line break in a URI': { names: { uri: ['spiffe://a/b\r\nX: y'] } },
  'a byte beyond ASCII in a DNS name': { names: { dns: ['b\u00fccher.test'] } },
  'a NUL in a user principal name': { names: { upn: ['alice@corp.test\0'] } },
  'a NUL in the common name': { commonName: 'alice\0admin' },
  'a C1 control in the common name': { commonName: 'alice\u0085admin' },
  'the alternative names given twice': {
    extensions: (profile) => [
      ...profile,
      new SubjectAlternativeNameExtension([{ type: 'dns', value: 'b.test' }]),
    ],
  },
  'an address of five bytes': {
    extensions: (profile) => [
      ...profile.filter(({ type }) => type !== '2.5.29.17'),
      new Extension('2.5.29.17', false, Buffer.from('300787050a00000001', 'hex')),
    ],
  },
}))
  t.test(`refuses ${what}`, async (t) => {
    await t.rejects(issued(overrides), { code: 'client_certificate_invalid', context: /^malformed/ });
  });

t.test('common names are not trimmed, cut or joined', async (t) => {
  for (const commonName of ['山田 太郎', 'a=b', '😀', 'x'.repeat(64)])
    t.match(await issued({ commonName }), { commonName, subject: `CN=${commonName},O=Example` });
});
