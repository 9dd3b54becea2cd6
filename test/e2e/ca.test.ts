import { spawnSync } from 'node:child_process';
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

t.test('what was issued is listed, taken back, and refused by openssl', { skip: skipWithoutOpenssl }, (t) => {
  const cwd = temporaryFolder(t);
  const ca = (...args: string[]) => sallyport(cwd, 'ca', ...args);
  t.equal(ca('list').stdout, 'Nothing was issued yet.\n');
  ca('init');
  for (const who of ['ada@example.com', 'bob@example.com', 'Carla']) ca('client', who);
  const line = (who: string) =>
    ca('list')
      .stdout.split('\n')
      .find((one) => one.includes(who)) ?? '';
  t.match(line('ada@example.com'), /^[0-9a-f]{32} {2}until \d{4}-\d\d-\d\d {2}ada@example\.com$/);
  t.equal(ca('list').stdout.trim().split('\n').length, 9, 'those of init, too');

  const revoked = ca('revoke', 'ADA@example.com', '--reason', 'keyCompromise');
  t.equal(revoked.status, EXIT.ok, revoked.stderr);
  const { serial } = factsOf(path.join(cwd, 'certs/ada@example.com.crt'));
  t.match(revoked.stdout, new RegExp(`^revoked ${serial}, .*\nmade certs/client-ca\\.crl\n$`));
  t.match(line('ada@example.com'), /revoked on \d{4}/);
  t.match(ca('revoke', 'ada@example.com'), { status: EXIT.failed, stderr: /has no certificate that counts/ });

  const bob = path.join(cwd, 'certs/bob@example.com.crt');
  const verify = (file: string): string => {
    const args = ['-CAfile', 'certs/client-ca.crt', '-crl_check', '-CRLfile', 'certs/client-ca.crl', file];
    const { stdout, stderr } = spawnSync('openssl', ['verify', ...args], { cwd, encoding: 'utf8' });
    return stdout + stderr;
  };
  t.match(verify('certs/ada@example.com.crt'), /certificate revoked/);
  t.match(verify(bob), /: OK/);
  t.match(ca('revoke', 'certs/bob@example.com.crt').stdout, /^revoked /, 'by its file');
  t.match(verify(bob), /certificate revoked/);
  const carla = factsOf(path.join(cwd, 'certs/Carla.crt')).serial;
  t.match(
    ca('revoke', carla.toUpperCase().replace(/(..)(?=.)/g, '$1:')).stdout,
    /^revoked /,
    'by its serial number',
  );
  t.match(ca('crl', '--days', '2').stdout, 'made certs/client-ca.crl\n');
  t.match(openssl('crl', '-in', path.join(cwd, 'certs/client-ca.crl'), '-noout', '-crlnumber'), /0?4$/m);
  t.match(verify(bob), /certificate revoked/, 'and stays so');

  const other = temporaryFolder(t);
  sallyport(other, 'ca', 'init');
  t.match(ca('revoke', path.join(other, 'certs/client.crt')), {
    status: EXIT.failed,
    stderr: /is not of a CA in/,
  });
  t.match(ca('revoke', 'nobody'), { status: EXIT.failed, stderr: /has no certificate that counts/ });
  t.end();
});

t.test('an invitation is listed, and taken back with the certificates', (t) => {
  const cwd = temporaryFolder(t);
  const ca = (...args: string[]) => sallyport(cwd, 'ca', ...args);
  t.match(ca('invite', 'ada@example.com'), { status: EXIT.failed, stderr: /sallyport ca init/ });
  ca('init');
  const link = ca('invite', 'ada@example.com', '--url', 'https://enrol.example.com', '--hours', '2');
  t.match(
    link.stdout,
    /^ada@example\.com can use this once, until .*Z:\nhttps:\/\/enrol\.example\.com\/#[\w-]{43}\n$/,
  );
  const machine = ca('invite', 'build-7', '--dns', 'build-7.corp.example.com');
  t.match(machine.stdout, /^build-7\.corp\.example\.com can use this once, .*:\n[\w-]{43}\n$/);
  t.match(ca('list').stdout, /^invited {2}until \S+Z {2}ada@example\.com$/m);
  ca('client', 'ada@example.com');
  t.match(
    ca('revoke', 'ada@example.com').stdout,
    /^revoked .*\ntook back 1 invitation\nmade certs\/client-ca\.crl\n$/,
  );
  t.notMatch(ca('list').stdout, /^invited .*ada@/m);
  t.equal(ca('revoke', 'build-7').stdout, 'took back 1 invitation\n', 'without a certificate as well');
  for (const args of [
    ['--hours', '0'],
    ['--url', 'http://x'],
  ])
    t.equal(ca('invite', 'ada@example.com', ...args).status, EXIT.usage);
  for (const who of ['a@b@c', '...']) t.equal(ca('invite', who).status, EXIT.failed, who);
  t.match(ca('invite', 'x', '--dns', '10.0.0.1').stderr, "'10.0.0.1' is not a host name");
  t.end();
});
