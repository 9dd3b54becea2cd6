import { mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import t, { type Test } from 'tap';
import { EXIT } from '../../src/cli/exit-codes.ts';
import { makeTestPki } from '../support/certificates.ts';
import { call, clientOptions } from '../support/client.ts';
import { temporaryFolder } from '../support/folder.ts';
import { RUN_SETTINGS, runProcess, writeCertificates } from '../support/run-process.ts';

const config = (body: string): string =>
  `${RUN_SETTINGS}routes:\n  - { from: https://app.sallyport.localhost, response: { body: ${body} } }\n`;

/** Starts on `routes.yaml` in a folder of its own. */
async function start(t: Test, prepare: (folder: string) => void) {
  const folder = temporaryFolder(t);
  await writeCertificates(folder);
  prepare(folder);
  const running = await runProcess(t, folder);
  const pki = await makeTestPki();
  const body = async () => (await call(clientOptions(pki, running.port))).body;
  return { ...running, folder, body, write: (text: string) => writeFileSync(`${folder}/routes.yaml`, text) };
}

const first = (folder: string): void => writeFileSync(path.join(folder, 'routes.yaml'), config('one'));

t.test('an edited file is applied by itself', async (t) => {
  const { write, reload, body } = await start(t, first);
  t.equal(await body(), 'one');
  write(config('two'));
  t.match(await reload(), { result: 'applied', trigger: 'file' });
  t.equal(await body(), 'two');
});

t.test('a broken file is refused with its place, and the one before goes on', async (t) => {
  const { write, reload, body, child } = await start(t, first);
  write(config('two').replace('response:', 'prefix: app, response:'));
  child.kill('SIGHUP');
  t.match(await reload(), {
    level: 'error',
    result: 'refused',
    issues: [/^routes\.yaml:8:54 routes\[0\]\.prefix: 'app' /],
  });
  t.equal(await body(), 'one');
  write(config('three'));
  child.kill('SIGHUP');
  t.match(await reload(1), { result: 'applied' });
  t.equal(await body(), 'three');
});

/** Puts a version of the configuration in place. As the kubelet does: one rename turns every file over at once. */
function publish(folder: string, name: string, body: string): void {
  mkdirSync(path.join(folder, name));
  const text = config(body).replaceAll(/: ([a-z-]+\.(?:crt|key))/g, `: ${folder}/$1`);
  writeFileSync(path.join(folder, name, 'routes.yaml'), text);
  symlinkSync(name, path.join(folder, '..data_tmp'));
  renameSync(path.join(folder, '..data_tmp'), path.join(folder, '..data'));
}

t.test('a folder that Kubernetes swaps behind ..data is noticed', async (t) => {
  const { folder, reload, body } = await start(t, (made) => {
    publish(made, '..2026_01', 'one');
    symlinkSync('..data/routes.yaml', path.join(made, 'routes.yaml'));
  });
  t.equal(await body(), 'one');
  publish(folder, '..2026_02', 'two');
  t.match(await reload(), { result: 'applied', trigger: 'file' });
  t.equal(await body(), 'two');
});

t.test('SIGTERM in the middle of a reload ends the process as usual', async (t) => {
  const { write, child, exited, records } = await start(t, first);
  const routes = Array.from({ length: 20_000 }, (_, i) => `  - { from: https://h${i}.test, response: {} }\n`);
  write(config('two') + routes.join(''));
  child.kill('SIGHUP');
  child.kill('SIGTERM');
  t.strictSame(await exited, [EXIT.ok, null]);
  t.match(records.at(-1), { event: 'closed' });
  t.notOk(records.some(({ result }) => result === 'applied'));
});
