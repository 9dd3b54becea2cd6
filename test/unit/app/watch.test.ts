import { mkdirSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import t, { type Test } from 'tap';
import { fileState } from '../../../src/app/file-states.ts';
import { FileWatch } from '../../../src/app/watch.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { until } from '../../support/until.ts';

/** A watch whose looks the test takes itself. */
function make(t: Test) {
  let changes = 0;
  const watch = new FileWatch(() => changes++, 1 << 30);
  t.teardown(() => watch.stop());
  return {
    watch,
    follow: async (...files: string[]) => {
      const states = new Map<string, string>();
      for (const file of files) states.set(file, await fileState(file));
      watch.watch(states);
    },
    /** How many changes two looks bring: one sees it, the next finds the files at rest. */
    changes: async () => {
      const before = changes;
      await watch.look();
      await watch.look();
      return changes - before;
    },
  };
}

t.test('nothing is said of files that stay as they are', async (t) => {
  const file = path.join(temporaryFolder(t), 'a');
  writeFileSync(file, 'one');
  const { follow, changes } = make(t);
  await follow(file, `${file}.missing`);
  t.equal(await changes(), 0);
});

t.test('every kind of change is said once', async (t) => {
  const folder = temporaryFolder(t);
  const file = path.join(folder, 'a');
  const acts: Record<string, () => void> = {
    'written in place': () => writeFileSync(file, 'longer than before'),
    'written with the same length': () => writeFileSync(file, 'LONGER THAN BEFORE'),
    'given its old date back': () => {
      writeFileSync(file, 'longer than BEFORE');
      utimesSync(file, 1, 1);
    },
    'renamed over, by an older file': () => {
      writeFileSync(`${file}.new`, 'longer than before');
      utimesSync(`${file}.new`, 1, 1);
      renameSync(`${file}.new`, file);
    },
    removed: () => rmSync(file),
    'made again': () => writeFileSync(file, 'back'),
  };
  writeFileSync(file, 'one');
  const { follow, changes } = make(t);
  await follow(file);
  for (const [what, act] of Object.entries(acts)) {
    act();
    t.equal(await changes(), 1, what);
    t.equal(await changes(), 0, `${what}, and then at rest`);
  }
});

t.test('a link that Kubernetes turns to a new folder is a change of what is behind it', async (t) => {
  const folder = temporaryFolder(t);
  for (const version of ['..v1', '..v2']) {
    mkdirSync(path.join(folder, version));
    const file = path.join(folder, version, 'tls.crt');
    writeFileSync(file, 'same length');
    utimesSync(file, 1, 1);
  }
  symlinkSync('..v1', path.join(folder, '..data'));
  symlinkSync(path.join('..data', 'tls.crt'), path.join(folder, 'tls.crt'));
  const { follow, changes } = make(t);
  await follow(path.join(folder, 'tls.crt'));
  symlinkSync('..v2', path.join(folder, '..data_tmp'));
  renameSync(path.join(folder, '..data_tmp'), path.join(folder, '..data'));
  t.equal(await changes(), 1);
});

t.test('what changes while it is read is a change', async (t) => {
  const file = path.join(temporaryFolder(t), 'a');
  writeFileSync(file, 'one');
  const { watch, changes } = make(t);
  const states = new Map([[file, await fileState(file)]]);
  writeFileSync(file, 'other');
  watch.watch(states);
  t.equal(await changes(), 1);
});

t.test('a file that is still being written is waited for', async (t) => {
  const file = path.join(temporaryFolder(t), 'a');
  writeFileSync(file, '');
  let changes = 0;
  const watch = new FileWatch(() => changes++, 1 << 30);
  t.teardown(() => watch.stop());
  watch.watch(new Map([[file, await fileState(file)]]));
  for (const text of ['o', 'on', 'one']) {
    writeFileSync(file, text);
    await watch.look();
    t.equal(changes, 0);
  }
  await watch.look();
  t.equal(changes, 1);
});

t.test('it looks by itself, until it is stopped for good', async (t) => {
  const file = path.join(temporaryFolder(t), 'a');
  writeFileSync(file, 'one');
  let changes = 0;
  const watch = new FileWatch(() => changes++, 1);
  watch.watch(new Map([[file, await fileState(file)]]));
  writeFileSync(file, 'other');
  await until(() => changes === 1);
  watch.stop();
  watch.watch(new Map([[file, 'another state']]));
  await watch.look();
  await watch.look();
  t.equal(changes, 1);
});
