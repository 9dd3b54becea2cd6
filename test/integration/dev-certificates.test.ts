import { X509Certificate } from 'node:crypto';
import { chmodSync, readFileSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { type DevCertificatesOptions, prepareDevCertificates } from '../../src/certs/dev-certificates.ts';
import { DEV_P12_PASSWORD } from '../../src/certs/dev-p12.ts';
import { openssl, skipWithoutOpenssl } from '../support/openssl.ts';
import { temporaryFolder } from '../support/folder.ts';

const DAY_MS = 86_400_000;
const NOW = Date.now();
const user = { commonName: 'Ada', email: 'ada@laptop', uri: 'spiffe://sallyport.localhost/user/ada' };

const prepare = (folder: string, options: Partial<DevCertificatesOptions> = {}) =>
  prepareDevCertificates({ folder, now: NOW, user, ...options });
const mode = (file: string) => (statSync(file).mode & 0o777).toString(8);
const namesOf = ({ made }: Awaited<ReturnType<typeof prepare>>) => made.map(({ name }) => name);
const ALL = [
  'ca',
  'client-ca',
  'upstream-ca',
  'server',
  'client',
  'upstream-client',
  'start',
  'whoami',
  'echo',
];

t.test('everything is made once and then kept', async (t) => {
  const folder = path.join(temporaryFolder(t), 'certs');
  const first = await prepare(folder);
  t.strictSame(namesOf(first), ALL);
  t.strictSame(
    new Set(readdirSync(folder)),
    new Set(['client.p12', 'issued.json', ...ALL.flatMap((name) => [`${name}.crt`, `${name}.key`])]),
    'and nothing is left over',
  );
  const second = await prepare(folder);
  t.strictSame(second.made, []);
  t.strictSame(second.pairs, first.pairs);
});

t.test('keys are their owner’s alone, whatever the umask or a careless hand', async (t) => {
  const folder = temporaryFolder(t);
  const before = process.umask(0);
  t.teardown(() => process.umask(before));
  const { files, p12File } = await prepare(folder);
  t.equal(mode(p12File), '600');
  for (const { cert, key } of Object.values(files)) t.strictSame([mode(cert), mode(key)], ['644', '600']);
  chmodSync(files.client.key, 0o644);
  t.strictSame((await prepare(folder)).made, []);
  t.equal(mode(files.client.key), '600');
});

t.test('what would soon expire is renewed, and a renewed root renews what it signed', async (t) => {
  const folder = temporaryFolder(t);
  await prepare(folder);
  t.strictSame(namesOf(await prepare(folder, { now: NOW + 59 * DAY_MS })), []);
  const renewed = await prepare(folder, { now: NOW + 61 * DAY_MS });
  t.strictSame(namesOf(renewed), ['server', 'upstream-client', 'start', 'whoami', 'echo']);
  t.match(renewed.made[0]?.why, /soon expire/);
  t.strictSame(namesOf(await prepare(folder, { now: NOW + 336 * DAY_MS })).includes('client'), true);
  t.strictSame(namesOf(await prepare(folder, { now: NOW + 3621 * DAY_MS })), ALL);
  t.strictSame(namesOf(await prepare(folder)), ALL, 'nor is a future certificate used');
});

t.test('--fresh makes all anew', async (t) => {
  const folder = temporaryFolder(t);
  const first = await prepare(folder);
  const second = await prepare(folder, { isFresh: true });
  t.strictSame(namesOf(second), ALL);
  t.not(second.pairs.ca.certPem, first.pairs.ca.certPem);
});

t.test('what a crash or a hand has damaged is made anew, with what depends on it', async (t) => {
  const folder = temporaryFolder(t);
  const { files, pairs } = await prepare(folder);

  truncateSync(files.server.cert, 100);
  let again = await prepare(folder);
  t.strictSame(again.made, [{ name: 'server', why: 'it could not be read' }]);

  rmSync(files.client.key);
  again = await prepare(folder);
  t.strictSame(again.made, [{ name: 'client', why: 'half of the pair was missing' }]);

  writeFileSync(files.whoami.key, pairs.echo.keyPem);
  again = await prepare(folder);
  t.strictSame(again.made, [{ name: 'whoami', why: 'certificate and key did not belong together' }]);

  writeFileSync(files.echo.cert, pairs.start.certPem);
  writeFileSync(files.echo.key, pairs.start.keyPem);
  again = await prepare(folder);
  t.strictSame(again.made, [{ name: 'echo', why: 'its names were not those wanted' }]);

  writeFileSync(files['client-ca'].cert, '');
  again = await prepare(folder);
  t.strictSame(again.made, [
    { name: 'client-ca', why: 'it could not be read' },
    { name: 'client', why: 'its CA was made anew' },
  ]);
});

t.test('a domain is permitted once, stays so, and takes nothing from those before', async (t) => {
  const folder = temporaryFolder(t);
  await prepare(folder);
  const first = await prepare(folder, { permit: ['example.com'] });
  t.strictSame(first.made[0], { name: 'ca', why: 'it did not permit example.com' });
  t.strictSame(namesOf(first), ['ca', 'server', 'start', 'whoami', 'echo'], 'people keep theirs');
  t.strictSame((await prepare(folder, { permit: ['www.example.com'] })).made, []);
  t.strictSame(namesOf(await prepare(folder, { permit: ['10.0.0.0/8'] }))[0], 'ca');
  t.strictSame((await prepare(folder, { permit: ['10.0.0.0/8', 'example.com'] })).made, []);
  t.strictSame((await prepare(folder)).made, []);
  for (const permit of ['*.example.com', 'a b', '10.0.0.0/33', ''])
    await t.rejects(prepare(folder, { permit: [permit] }), { message: /cannot be permitted|not an address/ });
});

t.test('the .p12 is always that of the certificate', { skip: skipWithoutOpenssl }, async (t) => {
  const folder = temporaryFolder(t);
  const certificateIn = (p12: string): string => {
    const text = openssl('pkcs12', '-in', p12, '-passin', `pass:${DEV_P12_PASSWORD}`, '-nodes');
    t.match(text, 'PRIVATE KEY');
    return new X509Certificate(text.slice(text.indexOf('-----BEGIN CERTIFICATE'))).fingerprint256;
  };
  const first = await prepare(folder);
  t.equal(certificateIn(first.p12File), new X509Certificate(first.pairs.client.certPem).fingerprint256);
  rmSync(first.files.client.key);
  const second = await prepare(folder);
  t.equal(certificateIn(second.p12File), new X509Certificate(second.pairs.client.certPem).fingerprint256);
  t.not(second.pairs.client.certPem, first.pairs.client.certPem);
  rmSync(second.p12File);
  t.strictSame((await prepare(folder)).made, []);
  t.ok(certificateIn(second.p12File), 'and is there again when somebody has deleted it');
});

t.test('OpenSSL agrees with every certificate', { skip: skipWithoutOpenssl }, async (t) => {
  const folder = temporaryFolder(t);
  const { files, pairs } = await prepare(folder);
  const verify = (root: 'ca' | 'client-ca' | 'upstream-ca', purpose: string, leaf: keyof typeof files) =>
    openssl('verify', '-x509_strict', '-purpose', purpose, '-CAfile', files[root].cert, files[leaf].cert);
  for (const leaf of ['server', 'start', 'whoami', 'echo'] as const)
    t.match(verify('ca', 'sslserver', leaf), 'OK');
  t.match(verify('client-ca', 'sslclient', 'client'), 'OK');
  t.match(verify('upstream-ca', 'sslclient', 'upstream-client'), 'OK');
  t.throws(() => verify('client-ca', 'sslclient', 'upstream-client'), 'Sallyport is no person');
  t.throws(() => verify('client-ca', 'sslserver', 'client'), 'a person is no server');
  const ca = openssl('x509', '-in', files.ca.cert, '-noout', '-text');
  t.match(
    ca,
    /Name Constraints: critical\s+Permitted:\s+DNS:localhost\s+DNS:localhost\.pomerium\.io\s+IP:127/,
  );
  t.match(ca, /Key Usage: critical\s+Certificate Sign, CRL Sign/);
  t.match(ca, 'NIST CURVE: P-256');
  const server = new X509Certificate(pairs.server.certPem);
  for (const host of [
    'localhost',
    'whoami.sallyport.localhost',
    'sallyport.localhost',
    'x.localhost.pomerium.io',
  ])
    t.ok(server.checkHost(host), host);
  for (const address of ['127.0.0.1', '::1']) t.ok(server.checkIP(address), address);
  t.match(readFileSync(files.client.cert, 'utf8'), /^-----BEGIN CERTIFICATE-----/);
});
