import { createPrivateKey } from 'node:crypto';
import tls from 'node:tls';
import t from 'tap';
import { parseCredential } from '../../../src/pki/credential.ts';
import { DEVELOPMENT_ORGANIZATION } from '../../../src/pki/development.ts';
import { parsePem } from '../../../src/pki/pem.ts';
import { makeTestIntermediate, makeTestPki, makeTestRoot } from '../../support/certificates.ts';

const now = Date.now();
const { edge, app, client, serverCa, issueServer } = await makeTestPki();
const root = await makeTestRoot('Root', { pathLength: 2 });
const upper = await makeTestIntermediate(root, 'Upper', { pathLength: 1 });
const lower = await makeTestIntermediate(upper, 'Lower');
const leaf = await issueServer({}, lower);

t.test('reads a certificate with its key', async (t) => {
  const { credential, problems } = parseCredential({ ...edge, now });
  t.strictSame(problems, []);
  t.match(credential, { certPem: edge.certPem, keyPem: edge.keyPem, chain: [], isDevelopment: false });
  t.strictSame(credential?.names.slice(-3), ['*.localhost.pomerium.io', '127.0.0.1', '::1']);
  t.ok(credential && tls.createSecureContext({ cert: credential.certPem, key: credential.keyPem }));
});

t.test('keeps the chain in order', async (t) => {
  const { credential, problems } = parseCredential({
    certPem: leaf.certPem + lower.certPem + upper.certPem,
    keyPem: leaf.keyPem,
    now,
  });
  t.strictSame(problems, []);
  t.strictSame(
    credential?.chain.map(({ commonName }) => commonName),
    ['Lower', 'Upper'],
  );
});

t.test('puts a chain in order, and leaves out what does not belong to it, with warnings', async (t) => {
  const { credential, problems } = parseCredential({
    certPem: upper.certPem + serverCa.certPem + leaf.certPem + lower.certPem,
    keyPem: leaf.keyPem,
    now,
  });
  t.match(problems, [
    { file: 'certificate', severity: 'warning', message: /not in order/ },
    { file: 'certificate', severity: 'warning', message: /left out/ },
  ]);
  t.equal(credential?.certPem, leaf.certPem + lower.certPem + upper.certPem);
  t.equal(credential?.leaf.sha256.length, 64);
});

t.test('takes the key from a file that also holds certificates, in any of its forms', async (t) => {
  const both = edge.certPem + edge.keyPem;
  t.ok(parseCredential({ certPem: both, keyPem: both, now }).credential);
  const sec1 = createPrivateKey(edge.keyPem).export({ type: 'sec1', format: 'pem' });
  const { credential } = parseCredential({ certPem: edge.certPem, keyPem: sec1, now });
  t.equal(credential?.keyPem, edge.keyPem, 'always PKCS#8 then');
});

t.test('refuses a key that is not the one of the certificate', async (t) => {
  const { credential, problems } = parseCredential({ certPem: edge.certPem, keyPem: app.keyPem, now });
  t.equal(credential, undefined);
  t.match(problems, [
    { file: 'key', severity: 'error', message: /not the one of the certificate 'CN=localhost'/ },
  ]);
});

t.test('refuses what cannot be read, both files at once', async (t) => {
  const encrypted = createPrivateKey(edge.keyPem).export({
    type: 'pkcs8',
    format: 'pem',
    cipher: 'aes-256-cbc',
    passphrase: 'x',
  });
  const broken = edge.keyPem.replace(/\n..../, '\nAAAA');
  for (const [certPem, keyPem, inCertificate, inKey] of [
    ['', '', /no certificate in it/, /no private key in it/],
    ['hello', encrypted, /no certificate in it/, /is encrypted/],
    [edge.certPem.slice(0, 200), edge.keyPem + app.keyPem, /broken PEM/, /more than one private key/],
    [edge.keyPem, broken, /no certificate in it/, /cannot be read/],
  ] as const) {
    const { credential, problems } = parseCredential({ certPem, keyPem, now });
    t.equal(credential, undefined);
    t.match(problems, [
      { file: 'certificate', severity: 'error', message: inCertificate },
      { file: 'key', severity: 'error', message: inKey },
    ]);
  }
});

t.test('an expired certificate is usable, with a warning', async (t) => {
  const old = await issueServer({ notBefore: new Date(now - 9e6), notAfter: new Date(now - 5e6) });
  const { credential, problems } = parseCredential({ ...old, now });
  t.ok(credential);
  t.match(problems, [{ file: 'certificate', severity: 'warning', message: /'CN=localhost' expired on 2/ }]);
});

t.test('refuses a key that is too weak to serve with', async (t) => {
  const weak = await issueServer({ keyAlgorithm: 'rsa-1024' });
  const { credential, problems } = parseCredential({ ...weak, now });
  t.equal(credential, undefined);
  t.match(problems, [{ file: 'key', message: /RSA key of 1024 bits/ }]);
});

t.test('tells development certificates by the organization of their issuer', async (t) => {
  const developer = await makeTestRoot('Sallyport servers', { organization: DEVELOPMENT_ORGANIZATION });
  const made = await issueServer({}, developer);
  t.equal(parseCredential({ ...made, now }).credential?.isDevelopment, true);
  t.equal(parseCredential({ ...client, now }).credential?.isDevelopment, false);
});

t.test('PEM with comments, headers and Windows line ends keeps its bytes', async (t) => {
  const text = `subject=CN = x\n${edge.certPem}`.replaceAll('\n', '\r\n');
  t.strictSame(parsePem(text), [{ label: 'CERTIFICATE', der: edge.der }]);
});
