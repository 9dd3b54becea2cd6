// Who may resume what depends on Node itself, so those tests run on the oldest versions that are supported as well. CI
// installs them; OLDEST_NODES says where, as paths with ':' between them.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import t from 'tap';
import { nodeVersionFault } from '../../src/core/node-version.ts';

t.setTimeout(300_000);
const root = path.resolve(import.meta.dirname, '../..');
const FILES = [
  'test/integration/edge/resumption.test.ts',
  'test/integration/edge/hosts.test.ts',
  'test/integration/pki/handshake.test.ts',
  'test/integration/proxy/revocation.test.ts',
  'test/integration/proxy/main-job.test.ts',
];
/** Not those by which a runner of tests tells its children what to do. */
const ENV = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(?:TAP|NODE_OPTIONS|_TAP)/.test(name)),
);
const nodes = (process.env['OLDEST_NODES'] ?? '').split(path.delimiter).filter(Boolean);

if (nodes.length === 0) {
  const reason = 'OLDEST_NODES names no other Node';
  if (process.env['CI'] === 'true') t.fail(`${reason}, and CI must not skip`);
  else t.test('on the oldest Nodes that are supported', { skip: reason }, () => undefined);
}

for (const node of nodes) {
  const version = spawnSync(node, ['-p', 'process.versions.node'], { encoding: 'utf8' }).stdout.trim();
  t.equal(nodeVersionFault(version), undefined, `${version} is supported`);
  for (const file of FILES)
    t.test(`${file} on Node ${version}`, (t) => {
      const { status, stdout } = spawnSync(node, [file], { cwd: root, encoding: 'utf8', env: ENV });
      t.match(stdout, /^1\.\.\d+$/m, 'it ran to its end');
      t.equal(status, 0, stdout.match(/^ *not ok .*$/gm)?.join('\n') ?? 'no failure');
      t.end();
    });
}
