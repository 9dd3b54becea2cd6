import t from 'tap';
import { compileTrust } from '../../../src/pki/trust.ts';
import { KeyUsageFlags, KeyUsagesExtension } from '../../../src/pki/x509-library.ts';
import { makeTestPki, makeTestRoot } from '../../support/certificates.ts';

const now = Date.now();
const path = ['downstream_mtls', 'ca_file'];
const { clientCa, upstreamCa, client } = await makeTestPki();

function compile(...bundles: string[]) {
  return compileTrust({ bundles, version: 7, now, path });
}

/** The messages, after checking that the verdict on the bundle follows from them. */
function errors(t: { equal(a: unknown, b: unknown): unknown }, ...bundles: string[]): string[] {
  const { trust, issues } = compile(...bundles);
  t.equal(trust, undefined);
  return issues.filter(({ severity }) => severity === 'error').map(({ message }) => message);
}

t.test('counts the CAs of all bundles, each once', async (t) => {
  const { trust, issues } = compile(clientCa.certPem + upstreamCa.certPem, clientCa.certPem);
  t.strictSame(issues, []);
  t.equal(trust?.anchors.length, 2);
  t.strictSame(trust?.caPem, [clientCa.certPem, upstreamCa.certPem]);
  t.equal(trust?.version, 7);
  t.equal(trust?.maxVerifyDepth, 1);
});

t.test('allows comments between certificates, Windows line ends and indented ends', async (t) => {
  const bundle = `# Our CA, 2026\n${clientCa.certPem}\nIssuer: O=Example, C=DE\n${upstreamCa.certPem}`;
  t.equal(compile(bundle).trust?.anchors.length, 2);
  t.equal(compile(bundle.replaceAll('\n', '\r\n')).trust?.anchors.length, 2);
});

t.test('a bundle without any certificate trusts nobody, and says so', async (t) => {
  for (const bundle of ['', '\n', 'hello', clientCa.der.toString('latin1')])
    t.match(errors(t, bundle), [/no CA certificate in it/]);
  t.match(errors(t), [/no CA certificate in it/]);
});

t.test('a broken block is refused, however many good ones stand beside it', async (t) => {
  const { certPem } = clientCa;
  t.match(errors(t, certPem + certPem.slice(0, 100)), [/broken PEM block at '-----BEGIN CERTIFICATE-----'/]);
  t.match(errors(t, certPem + certPem.replace('-----END', '----END')), [/broken PEM block/]);
  t.match(errors(t, certPem.replace(/[A-Z]/, '!')), [/broken PEM block/]);
  const cut = certPem.split('\n').toSpliced(3, 1).join('\n');
  t.match(errors(t, upstreamCa.certPem + cut), [/malformed certificate/]);
});

t.test('refuses what is not a CA, and what may not sign', async (t) => {
  t.match(errors(t, clientCa.certPem + client.certPem), [/'CN=Alice Example,O=Example' is not a CA/]);
  const crlOnly = await makeTestRoot('CRLs only', {
    extensions: (profile) => [
      ...profile.filter(({ type }) => type !== '2.5.29.15'),
      new KeyUsagesExtension(KeyUsageFlags.cRLSign, true),
    ],
  });
  t.match(errors(t, crlOnly.certPem), [/may not sign certificates/]);
});

t.test('refuses a CA whose key is too weak for anything it signs to pass', async (t) => {
  const weak = await makeTestRoot('Weak', { keyAlgorithm: 'rsa-1024' });
  t.match(errors(t, weak.certPem), [/RSA key of 1024 bits/]);
});

t.test('refuses a private key in the bundle', async (t) => {
  t.match(errors(t, clientCa.certPem + clientCa.keyPem), [/certificates only, this one has a 'PRIVATE KEY'/]);
});

t.test('an expired CA is a warning', async (t) => {
  const old = await makeTestRoot('Old', { notBefore: new Date(now - 9e6), notAfter: new Date(now - 5e6) });
  const { trust, issues } = compile(old.certPem + clientCa.certPem);
  t.equal(trust?.anchors.length, 2);
  t.match(issues, [{ path, severity: 'warning', message: /'CN=Old,O=Test' has expired/ }]);
});

t.test('says everything that is wrong at once', async (t) => {
  t.equal(errors(t, client.certPem + clientCa.keyPem, clientCa.certPem.slice(0, 50)).length, 3);
});
