import { X509Certificate } from 'node:crypto';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { EXIT } from '../../src/cli/exit-codes.ts';
import { parseCertificate } from '../../src/pki/facts.ts';
import { openssl, skipWithoutOpenssl } from '../support/openssl.ts';
import { sallyport } from '../support/sallyport-cli.ts';
import { temporaryFolder } from '../support/folder.ts';

const DAY_MS = 86_400_000;
const factsOf = (file: string) => parseCertificate(new X509Certificate(readFileSync(file)).raw);

t.test('init makes everything once', (t) => {
  const cwd = temporaryFolder(t);
  const first = sallyport(cwd, 'ca', 'init');
  t.equal(first.status, EXIT.ok, first.stderr);
  t.match(first.stdout, 'made certs/ca.crt and .key\n');
  const files = readdirSync(path.join(cwd, 'certs'));
  for (const file of ['ca.crt', 'client.crt', 'client.key']) t.ok(files.includes(file), file);
  t.match(sallyport(cwd, 'ca', 'init').stdout, 'in order');
  const fresh = sallyport(cwd, 'ca', 'init', '--fresh');
  t.match(fresh.stdout, 'ca.crt again');
  t.end();
});

t.test('a client certificate for an email, with the days and URIs asked for', (t) => {
  const cwd = temporaryFolder(t);
  sallyport(cwd, 'ca', 'init', '--dir', 'pki');
  const args = [
    '--dir',
    'pki',
    '--out',
    'people',
    '--days',
    '7',
    '--uri',
    'spiffe://example.com/ada',
    '--p12',
  ];
  const issued = sallyport(cwd, 'ca', 'client', 'ada.lovelace@Example.com', ...args);
  t.equal(issued.status, EXIT.ok, issued.stderr);
  const file = path.join(cwd, 'people/ada.lovelace@example.com');
  const facts = factsOf(`${file}.crt`);
  t.equal(facts.commonName, 'ada lovelace', 'without a dot');
  t.strictSame(facts.names.email, ['ada.lovelace@example.com']);
  t.strictSame(facts.names.uri, ['spiffe://example.com/ada']);
  t.ok(Math.abs(facts.notAfter - Date.now() - 7 * DAY_MS) < DAY_MS / 24);
  t.equal(statSync(`${file}.key`).mode & 0o777, 0o600);
  t.match(issued.stdout, facts.sha256);
  t.match(issued.stdout, 'people/ada.lovelace@example.com.p12, password: sallyport');
  t.equal(statSync(`${file}.p12`).mode & 0o777, 0o600);
  t.end();
});

t.test('a server certificate for local names, and for others once they are permitted', (t) => {
  const cwd = temporaryFolder(t);
  sallyport(cwd, 'ca', 'init');
  t.equal(sallyport(cwd, 'ca', 'server', '*.App.localhost', '127.0.0.9').status, EXIT.ok);
  const facts = factsOf(path.join(cwd, 'certs/_wildcard.app.localhost.crt'));
  t.strictSame([facts.names.dns, facts.names.ip], [['*.app.localhost'], ['127.0.0.9']]);

  const refused = sallyport(cwd, 'ca', 'server', '*.example.com', '10.1.1.1');
  t.equal(refused.status, EXIT.failed);
  t.match(refused.stderr, 'sallyport ca init --permit example.com --permit 10.1.1.1');
  t.equal(sallyport(cwd, 'ca', 'init', '--permit', 'example.com', '--permit', '10.1.1.1').status, EXIT.ok);
  t.equal(sallyport(cwd, 'ca', 'server', '*.example.com', '10.1.1.1').status, EXIT.ok);
  t.equal(sallyport(cwd, 'ca', 'server', 'example.org').status, EXIT.failed);
  t.end();
});

t.test('OpenSSL verifies what was issued', { skip: skipWithoutOpenssl }, (t) => {
  const cwd = temporaryFolder(t);
  sallyport(cwd, 'ca', 'init', '--permit', 'example.com');
  sallyport(cwd, 'ca', 'client', 'Grace Hopper');
  sallyport(cwd, 'ca', 'server', '*.example.com');
  const verify = (purpose: string, ca: string, leaf: string) =>
    openssl(
      'verify',
      '-x509_strict',
      '-purpose',
      purpose,
      '-CAfile',
      `${cwd}/certs/${ca}`,
      `${cwd}/certs/${leaf}`,
    );
  t.match(verify('sslclient', 'client-ca.crt', 'Grace-Hopper.crt'), 'OK');
  t.match(verify('sslserver', 'ca.crt', '_wildcard.example.com.crt'), 'OK');
  t.end();
});

t.test('no key is ever overwritten', (t) => {
  const cwd = temporaryFolder(t);
  sallyport(cwd, 'ca', 'init');
  const before = readFileSync(path.join(cwd, 'certs/server.key'), 'utf8');
  const refused = sallyport(cwd, 'ca', 'client', 'server');
  t.equal(refused.status, EXIT.failed);
  t.match(refused.stderr, 'certs/server.crt exists');
  t.equal(readFileSync(path.join(cwd, 'certs/server.key'), 'utf8'), before);
  t.end();
});

t.test('a command line that cannot be meant is said to be one', (t) => {
  const cwd = temporaryFolder(t);
  for (const args of [
    ['ca', 'bogus'],
    ['ca', 'server'],
    ['ca', 'client', 'x', '--days', '0'],
    ['--bogus'],
    ['bogus'],
  ]) {
    const { status, stderr } = sallyport(cwd, ...args);
    t.equal(status, EXIT.usage, args.join(' '));
    t.match(stderr, '--help');
  }
  t.match(sallyport(cwd, 'ca', 'client', 'x').stderr, 'sallyport ca init');
  t.strictSame(readdirSync(cwd), []);
  t.end();
});

t.test('every command has help and a version', (t) => {
  const cwd = temporaryFolder(t);
  for (const command of [[], ['ca'], ['ca', 'client']]) {
    const help = sallyport(cwd, ...command, '--help');
    t.equal(help.status, EXIT.ok);
    t.match(help.stdout, `Usage: ${['sallyport', ...command].join(' ')}`);
  }
  for (const command of [[], ['ca', 'server']])
    t.match(sallyport(cwd, ...command, '--version').stdout, /^\d+\.\d+\.\d+\n$/);
  t.end();
});
