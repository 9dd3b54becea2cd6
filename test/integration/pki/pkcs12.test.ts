// The .p12 in the hands of those who import it: NSS, which Firefox and Chrome on Linux use, and OpenSSL.
import { execFile } from 'node:child_process';
import { createPrivateKey } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import tls from 'node:tls';
import { promisify } from 'node:util';
import t, { type Test } from 'tap';
import type { Issued } from '../../../src/pki/issue-certificate.ts';
import { parsePem } from '../../../src/pki/pem.ts';
import { encodePkcs12 } from '../../../src/pki/pkcs12.ts';
import { makeTestIntermediate, makeTestPki, makeTestRoot } from '../../support/certificates.ts';
import { requireTool } from '../../support/requires.ts';

const run = promisify(execFile);
const PASSWORD = 'kräftig-🔑-7431';

async function writeP12(t: Test, pair: Issued, caPem = pair.caPem, password = PASSWORD): Promise<string> {
  const file = path.join(t.testdir(), 'client.p12');
  await writeFile(file, encodePkcs12({ ...pair, caPem, friendlyName: 'Alice at Sallyport', password }));
  return file;
}

t.test('NSS imports the key, the certificate and its CA', async (t) => {
  if (!requireTool(t, 'pk12util') || !requireTool(t, 'certutil')) return;
  const { client } = await makeTestPki();
  const file = await writeP12(t, client);
  const database = `sql:${path.dirname(file)}`;
  await run('certutil', ['-N', '-d', database, '--empty-password']);
  await run('pk12util', ['-i', file, '-d', database, '-W', PASSWORD]);
  const certificates = await run('certutil', ['-L', '-d', database]);
  t.match(certificates.stdout, /^Alice at Sallyport +u,u,u$/m, 'with a private key: u');
  t.match(certificates.stdout, /Test client CA/);
  const keys = await run('certutil', ['-K', '-d', database]);
  t.match(keys.stdout, /< 0> ec .*Alice at Sallyport/);
  const shown = await run('certutil', ['-L', '-d', database, '-n', 'Alice at Sallyport', '-a']);
  t.strictSame(parsePem(shown.stdout), parsePem(client.certPem));
});

t.test('NSS imports an RSA key with a chain of two', async (t) => {
  if (!requireTool(t, 'pk12util') || !requireTool(t, 'certutil')) return;
  const { issueClient } = await makeTestPki();
  const root = await makeTestRoot('Root above', { pathLength: 1 });
  const upper = await makeTestIntermediate(root, 'Upper CA');
  const client = await issueClient({ keyAlgorithm: 'rsa-2048' }, upper);
  const file = await writeP12(t, client, upper.certPem + root.certPem);
  const database = `sql:${path.dirname(file)}`;
  await run('certutil', ['-N', '-d', database, '--empty-password']);
  await run('pk12util', ['-i', file, '-d', database, '-W', PASSWORD]);
  const { stdout } = await run('certutil', ['-L', '-d', database]);
  for (const name of [/Alice at Sallyport +u,u,u/, /Upper CA/, /Root above/]) t.match(stdout, name);
});

t.test('NSS refuses it with another password', async (t) => {
  if (!requireTool(t, 'pk12util') || !requireTool(t, 'certutil')) return;
  const { client } = await makeTestPki();
  const file = await writeP12(t, client);
  const database = `sql:${path.dirname(file)}`;
  await run('certutil', ['-N', '-d', database, '--empty-password']);
  await t.rejects(run('pk12util', ['-i', file, '-d', database, '-W', 'other']), /SEC_ERROR_BAD_PASSWORD/);
});

t.test(
  'OpenSSL reads it without its legacy provider, and finds the algorithms that macOS imports',
  async (t) => {
    if (!requireTool(t, 'openssl')) return;
    const { client } = await makeTestPki();
    const file = await writeP12(t, client);
    const args = ['pkcs12', '-info', '-in', file, '-passin', `pass:${PASSWORD}`, '-nodes'];
    const { stdout, stderr } = await run('openssl', args);
    t.match(stderr, /MAC: sha1, Iteration 2048/);
    t.equal(stderr.match(/pbeWithSHA1And3-KeyTripleDES-CBC, Iteration 2048/g)?.length, 2);
    t.match(stdout, /friendlyName: Alice at Sallyport/);
    const [certificate, ca, key, ...rest] = parsePem(stdout);
    t.strictSame([certificate, ca], [...parsePem(client.certPem), ...parsePem(client.caPem)]);
    t.strictSame(key?.der, createPrivateKey(client.keyPem).export({ type: 'pkcs8', format: 'der' }));
    t.strictSame(rest, []);
  },
);

t.test('Node loads it', async (t) => {
  const { client } = await makeTestPki();
  for (const passphrase of [PASSWORD, '', 'a'.repeat(100)]) {
    const pfx = encodePkcs12({ ...client, friendlyName: '山田'.repeat(60), password: passphrase });
    t.ok(tls.createSecureContext({ pfx, passphrase }));
    t.throws(() => tls.createSecureContext({ pfx, passphrase: 'other' }), /mac verify failure/);
  }
});
