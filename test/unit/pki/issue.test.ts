import { X509Certificate, createPrivateKey } from 'node:crypto';
import t from 'tap';
import { issueClient, issueRoot, issueServer } from '../../../src/pki/issue.ts';
import { makeTestPki } from '../../support/certificates.ts';

const NOW = Date.UTC(2026, 0, 15, 12);

t.test('a root is a CA that signs leaves only, for names under its constraints', async (t) => {
  const root = await issueRoot({
    commonName: 'Root',
    organization: 'Test',
    days: 10,
    now: NOW,
    nameConstraints: { dns: ['localhost'], ip: ['127.0.0.0/8'] },
  });
  const certificate = new X509Certificate(root.certPem);
  t.equal(certificate.ca, true);
  t.equal(certificate.subject, 'O=Test\nCN=Root');
  t.equal(certificate.verify(certificate.publicKey), true);
  t.equal(certificate.validFromDate.getTime(), NOW - 3_600_000, 'an hour for clocks that are behind');
  t.equal(certificate.validToDate.getTime(), NOW + 10 * 86_400_000);
  // permitted [0] { dNSName [2] localhost, iPAddress [7] 127.0.0.0/255.0.0.0 }
  const constraints = '30 1b a0 19 30 0b 82 09 6c6f63616c686f7374 30 0a 87 08 7f000000ff000000';
  t.ok(root.der.includes(Buffer.from(constraints.replaceAll(' ', ''), 'hex')));
});

t.test('a root without permitted addresses excludes every address', async (t) => {
  const nameConstraints = { dns: ['localhost'], ip: [] };
  const root = await issueRoot({ commonName: 'Root', organization: 'Test', days: 1, nameConstraints });
  t.ok(root.der.includes(Buffer.from('87080000000000000000', 'hex')), '0.0.0.0/0');
  t.ok(root.der.includes(Buffer.from(`8720${'00'.repeat(32)}`, 'hex')), '::/0');
});

t.test('server and client certificates differ in their extended key usage', async (t) => {
  const { edge, client, serverCa, clientCa } = await makeTestPki();
  for (const [leaf, ca, usage] of [
    [edge, serverCa, '1.3.6.1.5.5.7.3.1'],
    [client, clientCa, '1.3.6.1.5.5.7.3.2'],
  ] as const) {
    const certificate = new X509Certificate(leaf.certPem);
    t.strictSame(certificate.keyUsage, [usage]);
    t.equal(certificate.ca, false);
    t.equal(certificate.checkIssued(new X509Certificate(ca.certPem)), true);
    t.equal(certificate.verify(new X509Certificate(ca.certPem).publicKey), true);
    t.equal(certificate.checkPrivateKey(createPrivateKey(leaf.keyPem)), true);
    t.equal(leaf.caPem, ca.certPem);
  }
});

t.test('names are written by their type', async (t) => {
  const { clientCa } = await makeTestPki();
  const leaf = await issueServer(clientCa, {
    commonName: 'many',
    days: 1,
    names: { dns: ['a.test'], ip: ['10.0.0.1', '2001:db8::1'], email: ['a@b.test'], uri: ['spiffe://x/y'] },
  });
  t.equal(
    new X509Certificate(leaf.certPem).subjectAltName,
    'DNS:a.test, IP Address:10.0.0.1, IP Address:2001:DB8:0:0:0:0:0:1, email:a@b.test, URI:spiffe://x/y',
  );
});

t.test('a common name is taken as it is, whatever characters it has', async (t) => {
  const { clientCa } = await makeTestPki();
  for (const commonName of ['#616263', 'O"Hara, \\ "x"', ' 山田 ']) {
    const leaf = await issueClient(clientCa, { commonName, days: 1, names: {} });
    t.ok(leaf.der.includes(Buffer.from(commonName)), commonName);
  }
});

t.test('serials are positive, 16 bytes long and never the same', async (t) => {
  const { issueClient: issue } = await makeTestPki();
  const serials = await Promise.all(
    Array.from({ length: 8 }, async () => new X509Certificate((await issue()).certPem).serialNumber),
  );
  t.equal(new Set(serials).size, 8);
  for (const serial of serials) t.match(serial, /^[4-7][0-9A-F]{31}$/);
});
