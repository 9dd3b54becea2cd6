import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import t, { type Test } from 'tap';
import { EXIT } from '../../src/cli/exit-codes.ts';
import { nodeVersionFault } from '../../src/core/node-version.ts';
import { temporaryFolder } from '../support/folder.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');

/** A Node on this machine that must be refused, such as the system's own. */
function oldNode(): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(path.delimiter);
  return folders
    .map((folder) => path.join(folder, 'node'))
    .find((node) => {
      if (!existsSync(node)) return false;
      const version = spawnSync('env', ['-u', 'NODE_OPTIONS', node, '--version'], {
        encoding: 'utf8',
      }).stdout.trim();
      return version !== '' && nodeVersionFault(version.slice(1)) !== undefined;
    });
}

/** An empty folder with the package in it, as `npm install` would leave it; dependencies are this clone's own. */
function install(t: Test): string {
  const folder = temporaryFolder(t);
  // tap loads itself into every child by NODE_OPTIONS, which the compiler does not survive
  const pack = ['-u', 'NODE_OPTIONS', 'npm', 'pack', '--silent', '--pack-destination', folder];
  const npm = spawnSync('env', pack, { cwd: ROOT, encoding: 'utf8' });
  const tarball = readdirSync(folder).find((file) => file.endsWith('.tgz'));
  if (tarball === undefined) throw new Error(`npm pack made nothing: ${npm.stderr}`);
  spawnSync('tar', ['-xf', tarball], { cwd: folder });
  const modules = path.join(folder, 'node_modules');
  mkdirSync(path.join(modules, '.bin'), { recursive: true });
  renameSync(path.join(folder, 'package'), path.join(modules, 'sallyport'));
  rmSync(path.join(folder, tarball));
  symlinkSync('../sallyport/dist/cli/bin.js', path.join(modules, '.bin/sallyport'));
  chmodSync(path.join(modules, 'sallyport/dist/cli/bin.js'), 0o755);
  // Nothing else is linked, so that a development dependency which is needed at work is missed here.
  const { dependencies } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8'));
  for (const name of [...Object.keys(dependencies), '@types/node']) {
    mkdirSync(path.dirname(path.join(modules, name)), { recursive: true });
    symlinkSync(path.join(ROOT, 'node_modules', name), path.join(modules, name));
  }
  return folder;
}

/** Runs a command in the folder, under the Node of this process. */
function run(cwd: string, command: string, ...args: readonly string[]) {
  const PATH = [path.dirname(process.execPath), process.env['PATH']].join(path.delimiter);
  return spawnSync('env', ['-u', 'NODE_OPTIONS', `PATH=${PATH}`, command, ...args], {
    cwd,
    encoding: 'utf8',
  });
}

const CONSUMER = `import { type Config, type ConfigInput, ConfigError, createProxy, type Observer, type Proxy } from 'sallyport';

const config: ConfigInput = { routes: [{ from: 'https://a.test', to: 'https://b.test' }] };
const observer: Partial<Observer> = {};
const proxy: Proxy = createProxy(config, { watch: false });
export const routes = (settings: Config): number => settings.routes.length;
export const result: Promise<string> = proxy.reload().then(({ result }) => result);
// @ts-expect-error: a route is no text
createProxy({ routes: ['https://a.test'] });
export { ConfigError, observer };
`;

t.test('the packed package works from an empty folder', async (t) => {
  const folder = install(t);
  const inside = readdirSync(path.join(folder, 'node_modules/sallyport'));
  t.same(inside.toSorted(), [
    'CHANGELOG.md',
    'LICENSE',
    'README.md',
    'dist',
    'docs',
    'package.json',
    'routes.example.yaml',
    'routes.schema.json',
  ]);

  t.test('the command', (t) => {
    t.match(run(folder, 'npx', '--no-install', 'sallyport', '--version').stdout, /^\d+\.\d+\.\d+\n$/);
    const init = run(folder, 'npx', '--no-install', 'sallyport', 'ca', 'init');
    t.equal(init.status, EXIT.ok, init.stderr);
    t.match(init.stdout, 'made certs/client.crt');
    t.end();
  });

  t.test('a configuration that is read by a thread of its own', (t) => {
    const routes = Array.from({ length: 1000 }, (_, i) => `  - { from: https://h${i}.test, response: {} }\n`);
    const settings =
      'certificate_file: certs/server.crt\ncertificate_key_file: certs/server.key\ndownstream_mtls: { ca_file: certs/client-ca.crt }\n';
    writeFileSync(path.join(folder, 'routes.yaml'), `${settings}routes:\n${routes.join('')}`);
    const check = run(folder, 'npx', '--no-install', 'sallyport', 'check');
    t.equal(check.status, EXIT.ok, check.stdout + check.stderr);
    t.end();
  });

  t.test('the page of enrolment, whose modules are JavaScript here', (t) => {
    const script = `import { readdirSync, readFileSync } from 'node:fs';
      import https from 'node:https';
      import { createProxy } from 'sallyport';
      const proxy = createProxy({ address: '127.0.0.1:0', certificate_file: 'certs/server.crt', certificate_key_file: 'certs/server.key',
        downstream_mtls: { ca_file: 'certs/client-ca.crt' }, routes: [{ from: 'https://localhost', enrol: {} }] });
      const [{ port }] = await proxy.start();
      const get = (path) => new Promise((resolve) => https.get({ port, host: 'localhost', path, agent: false,
        ca: readFileSync('certs/ca.crt'), cert: readFileSync('certs/client.crt'), key: readFileSync('certs/client.key') },
        async (answer) => { let text = ''; for await (const chunk of answer) text += chunk; resolve(text); }));
      const seen = new Set();
      const follow = async (name) => {
        if (seen.has(name)) return;
        seen.add(name);
        const text = await get('/enrol/' + name);
        for (const [, next] of text.matchAll(/from '\\.\\/([^']+)'/g)) await follow(next);
      };
      const [, first] = /src="\\/enrol\\/([^"]+)"/.exec(await get('/'));
      await follow(first);
      console.log([...seen].toSorted().join(' '));
      await proxy.close();`;
    const used = run(folder, 'node', '--input-type=module', '-e', script);
    const names = ['certificate-request', 'der', 'enrol-page', 'pkcs12', 'triple-des'];
    t.equal(used.stdout, `${names.map((name) => `${name}.js`).join(' ')}\n`, used.stderr);
    t.equal(used.stderr, '');
    t.end();
  });

  t.test('the module, and its types', (t) => {
    const script = `import { createProxy } from 'sallyport';
      const response = { body: 'x' };
      const proxy = createProxy({ address: '127.0.0.1:0', certificate_file: 'certs/server.crt', certificate_key_file: 'certs/server.key',
        downstream_mtls: { ca_file: 'certs/client-ca.crt' }, routes: [{ from: 'https://a.test', response }] });
      console.log((await proxy.start()).length);
      await proxy.close();`;
    const used = run(folder, 'node', '--input-type=module', '-e', script);
    t.equal(used.stdout, '1\n', used.stderr);

    writeFileSync(path.join(folder, 'package.json'), '{ "type": "module" }');
    writeFileSync(path.join(folder, 'consumer.ts'), CONSUMER);
    const options = ['--noEmit', '--strict', '--skipLibCheck', '--module', 'nodenext', '--target', 'es2024'];
    const tsc = run(folder, path.join(ROOT, 'node_modules/.bin/tsc'), ...options, 'consumer.ts');
    t.equal(tsc.status, 0, tsc.stdout);
    t.end();
  });

  t.test('an old Node is refused in one sentence', (t) => {
    const old = oldNode();
    if (old === undefined) t.comment('no old Node on this machine to be refused');
    else {
      const refused = run(folder, old, 'node_modules/sallyport/dist/cli/bin.js', 'dev');
      t.equal(refused.status, EXIT.node);
      t.match(refused.stderr, /^Sallyport needs Node [^\n]*\.\n$/);
      t.equal(refused.stdout, '');
    }
    t.end();
  });
});
