// `certificates_dir`: what certbot, acme.sh and people put into a folder, while the proxy runs.
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { createProxy } from '../../../src/app/proxy.ts';
import { type Reload, silentObserver } from '../../../src/core/observer.ts';
import { shown } from '../../support/autocert.ts';
import { makeTestPki } from '../../support/certificates.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { baseConfig } from '../../support/proxy.ts';
import { until } from '../../support/until.ts';

const pki = await makeTestPki();

const pairFor = async (host: string) => await pki.issueServer({ names: { dns: [host] } });

async function start(t: Parameters<typeof temporaryFolder>[0], folder: string) {
  const { certificate: _, certificate_key: __, ...base } = baseConfig(pki);
  const reloads: Reload[] = [];
  const proxy = createProxy(
    { ...base, certificates_dir: folder, routes: [{ from: 'https://*.example', response: { status: 204 } }] },
    { observer: { ...silentObserver, reload: (record) => reloads.push(record) }, watchIntervalMs: 10 },
  );
  t.teardown(() => void proxy.close());
  const [address] = await proxy.start();
  if (address === undefined || 'path' in address) throw new Error('no port');
  return { reloads, shows: async (host: string) => await shown(address.port, host) };
}

t.test('pairs in every form that is in use', async (t) => {
  const folder = temporaryFolder(t);
  const write = (name: string, content: string): void => {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), content);
  };
  const [plain, both, certbot, acmeSh] = [
    await pairFor('plain.example'),
    await pairFor('both.example'),
    await pairFor('certbot.example'),
    await pairFor('acme-sh.example'),
  ];
  write('plain.crt', plain.certPem);
  write('plain.key', plain.keyPem);
  write('both.pem', both.keyPem + both.certPem);
  write('certbot.example/fullchain.pem', certbot.certPem);
  write('certbot.example/privkey.pem', certbot.keyPem);
  write('acme-sh.example_ecc/fullchain.cer', acmeSh.certPem);
  write('acme-sh.example_ecc/acme-sh.example.cer', acmeSh.certPem);
  write('acme-sh.example_ecc/acme-sh.example.key', acmeSh.keyPem);
  write('README', 'not a certificate');
  write('ca.crt', pki.serverCa.certPem);
  write('empty/notes.txt', '');
  const { shows } = await start(t, folder);
  for (const host of ['plain.example', 'both.example', 'certbot.example', 'acme-sh.example'])
    t.equal(await shows(host), `DNS:${host}`);
});

t.test('what comes, is replaced half by half, and goes while it runs', async (t) => {
  const folder = temporaryFolder(t);
  const put = (name: string, content: string): void => {
    writeFileSync(path.join(folder, '.new'), content);
    renameSync(path.join(folder, '.new'), path.join(folder, name));
  };
  const [a, b, next] = [await pairFor('a.example'), await pairFor('b.example'), await pairFor('a.example')];
  put('a.crt', a.certPem);
  put('a.key', a.keyPem);
  const { reloads, shows } = await start(t, folder);
  put('b.key', b.keyPem);
  put('b.crt', b.certPem);
  await until(() => reloads.some(({ result }) => result === 'applied'));
  t.equal(await shows('b.example'), 'DNS:b.example', 'it has come');
  reloads.length = 0;
  put('a.key', next.keyPem);
  const refused = await until(() => reloads.find(({ result }) => result === 'refused'));
  t.match(refused.issues[0], /certificates_dir: a\.crt: the private key is not the one of the certificate/);
  t.equal(await shows('a.example'), 'DNS:a.example', 'half a pair changes nothing');
  reloads.length = 0;
  put('a.crt', next.certPem);
  await until(() => reloads.some(({ result }) => result === 'applied'));
  rmSync(path.join(folder, 'b.crt'));
  reloads.length = 0;
  await until(() => reloads.some(({ result }) => result === 'applied'));
  t.equal(await shows('b.example'), 'DNS:a.example', 'it has gone');
});

t.test('a folder that cannot be read is said', async (t) => {
  const missing = path.join(temporaryFolder(t), 'missing');
  await t.rejects(start(t, missing), { message: /certificates_dir: .*missing: there is no such file/ });
});
