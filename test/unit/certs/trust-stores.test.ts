import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { trustActs, type TrustStoreOptions } from '../../../src/certs/trust-stores.ts';
import { makeTestPki } from '../../support/certificates.ts';
import { temporaryFolder } from '../../support/folder.ts';

const { serverCa } = await makeTestPki();

/** A system whose store is in a folder, with a program that notes that it was called. */
function system(t: Parameters<typeof temporaryFolder>[0]) {
  const root = temporaryFolder(t);
  const store = path.join(root, 'usr/local/share/ca-certificates');
  const log = path.join(root, 'log');
  mkdirSync(store, { recursive: true });
  writeFileSync(path.join(root, 'update-ca-certificates'), `#!/bin/sh\necho called >> ${log}\n`);
  chmodSync(path.join(root, 'update-ca-certificates'), 0o755);
  const caFile = path.join(root, 'ca.crt');
  writeFileSync(caFile, serverCa.certPem);
  const env = { PATH: `${root}:/usr/bin:/bin`, HOME: root };
  const options: TrustStoreOptions = { caFile, der: serverCa.der, env, platform: 'linux', root };
  return { options, store, calls: () => (existsSync(log) ? readFileSync(log, 'utf8').split('\n').length - 1 : 0) };
}

t.test('the store of a Linux system: a file, and the command that makes it count', async (t) => {
  const { options, store, calls } = system(t);
  const acts = trustActs('install', options);
  t.match(
    acts.map(({ text }) => text),
    [/^cp .*ca\.crt .*\/sallyport-[0-9a-f]{16}\.crt$/, 'update-ca-certificates'],
  );
  t.strictSame(readdirSync(store), [], 'a plan changes nothing');
  for (const { carryOut } of acts) await carryOut();
  t.match(readdirSync(store), [/^sallyport-/]);
  t.equal(calls(), 1);
  t.strictSame(trustActs('install', options), [], 'there is nothing to do');
  for (const { carryOut } of trustActs('uninstall', options)) await carryOut();
  t.strictSame(readdirSync(store), []);
  t.equal(calls(), 2);
  t.strictSame(trustActs('uninstall', options), []);
});

t.test('what a command says is told', async (t) => {
  const { options } = system(t);
  writeFileSync(path.join(options.root ?? '', 'update-ca-certificates'), '#!/bin/sh\necho "disk full" >&2\nexit 1\n');
  const [, update] = trustActs('install', options);
  await t.rejects(async () => await update?.carryOut(), { message: 'disk full' });
});

t.test('macOS, systems without a store, and stores that nobody asked for', (t) => {
  const { options } = system(t);
  t.match(
    trustActs('install', { ...options, platform: 'darwin' }).map(({ text }) => text),
    [/^security add-trusted-cert -d -k \/Library\/Keychains\/System\.keychain .*ca\.crt$/],
  );
  t.strictSame(trustActs('install', { ...options, root: '/nowhere' }), []);
  t.strictSame(trustActs('install', { ...options, env: { ...options.env, TRUST_STORES: 'nss' } }), []);
  t.end();
});
