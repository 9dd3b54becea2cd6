import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
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

/** The package as npm would unpack it, with this clone's dependencies beside it. */
function unpack(folder: string): string {
  // tap loads itself into every child by NODE_OPTIONS, which the compiler does not survive
  const pack = ['-u', 'NODE_OPTIONS', 'npm', 'pack', '--silent', '--pack-destination', folder];
  const npm = spawnSync('env', pack, { cwd: ROOT, encoding: 'utf8' });
  const tarball = readdirSync(folder).find((file) => file.endsWith('.tgz'));
  if (tarball === undefined) throw new Error(`npm pack made nothing: ${npm.stderr}`);
  spawnSync('tar', ['-xf', tarball], { cwd: folder });
  symlinkSync(path.join(ROOT, 'node_modules'), path.join(folder, 'package/node_modules'));
  return path.join(folder, 'package/dist/cli/bin.js');
}

t.test('the packed package runs in an empty folder, and not on an old Node', (t) => {
  const folder = temporaryFolder(t);
  const bin = unpack(folder);
  const cwd = path.join(folder, 'empty');
  mkdirSync(cwd);

  const version = spawnSync(process.execPath, [bin, '--version'], { cwd, encoding: 'utf8' });
  t.match(version.stdout, /^\d+\.\d+\.\d+\n$/);
  const init = spawnSync(process.execPath, [bin, 'ca', 'init'], { cwd, encoding: 'utf8' });
  t.equal(init.status, EXIT.ok, init.stderr);
  t.match(init.stdout, 'made certs/client.crt');

  const old = oldNode();
  if (old === undefined) t.comment('no old Node on this machine to be refused');
  else {
    const refused = spawnSync('env', ['-u', 'NODE_OPTIONS', old, bin, 'dev'], { cwd, encoding: 'utf8' });
    t.equal(refused.status, EXIT.node);
    t.match(refused.stderr, /^Sallyport needs Node [^\n]*\.\n$/);
    t.equal(refused.stdout, '');
  }
  t.end();
});
