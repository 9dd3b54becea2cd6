// `sallyport acme` as a child process, against Pebble.
import { X509Certificate, createPrivateKey } from 'node:crypto';
import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { EXIT } from '../../src/cli/exit-codes.ts';
import { temporaryFolder } from '../support/folder.ts';
import { openssl } from '../support/openssl.ts';
import { type Pebble, startPebble } from '../support/pebble.ts';
import { requireTool } from '../support/requires.ts';
import { sallyport } from '../support/sallyport-cli.ts';

function setUp(t: Parameters<typeof temporaryFolder>[0], pebble: Pebble) {
  const cwd = temporaryFolder(t);
  writeFileSync(path.join(cwd, 'acme-ca.crt'), pebble.trustedCa);
  const server = ['--server', pebble.directoryUrl, '--ca-bundle', 'acme-ca.crt', '--dir', 'kept'];
  const acme = (command: string, ...args: string[]) =>
    sallyport(cwd, 'acme', command, '--dir', 'kept', ...args);
  const issue = (...args: string[]) => sallyport(cwd, 'acme', 'issue', ...server, ...args);
  const read = (file: string): string => readFileSync(path.join(cwd, file), 'utf8');
  return { cwd, server, acme, issue, read };
}

/** A program as `--dns exec` calls it. */
function dnsProgram(cwd: string, { managementUrl, dnsServer }: Pebble): string[] {
  const program = path.join(cwd, 'hook');
  writeFileSync(
    program,
    `#!/bin/sh
case "$1" in present) act=set-txt;; *) act=clear-txt;; esac
curl -fsS -d "{\\"host\\": \\"$2\\", \\"value\\": \\"$3\\"}" ${managementUrl}/$act
`,
  );
  chmodSync(program, 0o755);
  process.env['EXEC_PATH'] = program;
  return ['--dns', 'exec', '--resolver', dnsServer];
}

t.test('a wildcard, its renewal and its end', async (t) => {
  if (!requireTool(t, 'pebble')) return;
  const pebble = await startPebble(t);
  const { cwd, acme, issue, read } = setUp(t, pebble);
  const dns = dnsProgram(cwd, pebble);
  t.equal(acme('list').stdout, 'Nothing was issued yet.\n');
  const issued = issue('-d', '*.corp.example', 'corp.example', ...dns);
  t.equal(issued.status, EXIT.ok, issued.stderr);
  const folder = 'certs/wildcard_.corp.example';
  t.equal(issued.stdout, `made ${path.join(cwd, folder)}\n`);
  const leaf = new X509Certificate(read(`${folder}/wildcard_.corp.example.cer`));
  t.strictSame(leaf.subjectAltName?.split(', ').toSorted(), ['DNS:*.corp.example', 'DNS:corp.example']);
  t.ok(leaf.checkPrivateKey(createPrivateKey(read(`${folder}/wildcard_.corp.example.key`))));
  t.equal(statSync(path.join(cwd, folder, 'wildcard_.corp.example.key')).mode & 0o777, 0o600);
  t.equal(
    read(`${folder}/fullchain.cer`),
    read(`${folder}/wildcard_.corp.example.cer`) + read(`${folder}/ca.cer`),
  );
  t.ok(leaf.verify(new X509Certificate(read(`${folder}/ca.cer`)).publicKey), 'the chain is in order');

  t.match(
    acme('list').stdout,
    /^\*\.corp\.example corp\.example: until \d{4}-.*, renewed from .*, dns-01 by exec, https:/,
  );
  t.match(acme('renew').stdout, /^\*\.corp\.example is not due until \d{4}-/);
  const renewed = acme('renew', '--force', '-d', '*.corp.example');
  t.equal(renewed.status, EXIT.ok, renewed.stderr);
  const next = new X509Certificate(read(`${folder}/fullchain.cer`));
  t.not(next.serialNumber, leaf.serialNumber);
  t.not(next.publicKey.equals(leaf.publicKey), true, 'with a key of its own');

  const revoked = acme('revoke', '-d', '*.corp.example', '--reason', '4');
  t.equal(revoked.stdout, 'revoked the certificate for *.corp.example\n', revoked.stderr);
  t.equal(acme('list').stdout, 'Nothing was issued yet.\n');
  t.match(acme('revoke', '-d', '*.corp.example'), { status: EXIT.failed, stderr: /nothing was issued for/ });
});

t.test('by ports that are open meanwhile', async (t) => {
  if (!requireTool(t, 'pebble')) return;
  const pebble = await startPebble(t);
  const { issue, read, cwd } = setUp(t, pebble);
  const http = issue('-d', 'a.corp.example', '--standalone', `127.0.0.1:${pebble.httpPort}`, '-k', 'ec-384');
  t.equal(http.status, EXIT.ok, http.stderr);
  const { publicKey } = new X509Certificate(read('certs/a.corp.example/fullchain.cer'));
  t.equal(publicKey.asymmetricKeyDetails?.namedCurve, 'secp384r1');
  const tls = issue(
    '-d',
    'b.corp.example',
    '--alpn',
    `127.0.0.1:${pebble.tlsPort}`,
    '-k',
    '2048',
    '--out',
    'out',
  );
  t.equal(tls.status, EXIT.ok, tls.stderr);
  t.ok(existsSync(path.join(cwd, 'out/b.corp.example/b.corp.example.key')));
});

t.test('a request that was made elsewhere', async (t) => {
  if (!requireTool(t, 'pebble') || !requireTool(t, 'openssl')) return;
  const pebble = await startPebble(t);
  const { cwd, server, read } = setUp(t, pebble);
  const request =
    'req -new -newkey rsa:2048 -nodes -subj / -addext subjectAltName=DNS:own.corp.example'.split(' ');
  openssl(...request, '-keyout', path.join(cwd, 'own.key'), '-out', path.join(cwd, 'own.csr'));
  const args = ['--standalone', `127.0.0.1:${pebble.httpPort}`, '--csr', 'own.csr'];
  const signed = sallyport(cwd, 'acme', 'signcsr', ...server, ...args);
  t.equal(signed.status, EXIT.ok, signed.stderr);
  const leaf = new X509Certificate(read('certs/own.corp.example/fullchain.cer'));
  t.ok(leaf.checkPrivateKey(createPrivateKey(read('own.key'))));
  t.notOk(
    existsSync(path.join(cwd, 'certs/own.corp.example/own.corp.example.key')),
    'there is no key to write',
  );
});

t.test('what cannot be done is said', (t) => {
  const cwd = temporaryFolder(t);
  const issue = (...args: string[]) => sallyport(cwd, 'acme', 'issue', '--dir', 'kept', ...args);
  for (const [args, why] of [
    [['-d', 'a.example'], /one of --dns, --standalone, --alpn/],
    [['-d', 'a.example', '--dns', 'manual', '--alpn'], /one of --dns/],
    [['-d', 'a b', '--dns', 'cloudflare'], /'a b' is not a host name/],
    [['-d', 'a.example', '--dns', 'nobody'], /--dns nobody is none of cloudflare/],
    [['-d', 'a.example', '--dns', 'dns_gd'], /give the path of acme\.sh's script/],
    [
      ['-d', 'a.example', '--dns', 'cloudflare'],
      /needs CLOUDFLARE_DNS_API_TOKEN or CF_DNS_API_TOKEN or CF_Token/,
    ],
    [['-d', 'a.example', '--server', 'nowhere', '--alpn'], /--server nowhere is not a URL/],
    [['-d', 'a.example', '--eab-kid', 'k', '--alpn'], /go together/],
    [
      ['-d', 'a.example', '--standalone', '127.0.0.1:0', '--server', 'https://127.0.0.1:9/dir'],
      /ECONNREFUSED/,
    ],
  ] as const) {
    const { status, stderr } = issue(...args);
    t.equal(status, EXIT.failed, args.join(' '));
    t.match(stderr, why);
    t.equal(stderr.trim().split('\n').length, 1, 'in one line');
  }
  t.end();
});
