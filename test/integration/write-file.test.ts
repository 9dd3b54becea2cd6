import { mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { KEY_MODE, writeFileWhole } from '../../src/certs/write-file.ts';
import { temporaryFolder } from '../support/folder.ts';

t.test('a file is replaced whole, with the mode asked for', async (t) => {
  const folder = temporaryFolder(t);
  const file = path.join(folder, 'a.key');
  writeFileSync(file, 'old', { mode: 0o644 });
  await writeFileWhole(file, 'new', KEY_MODE);
  t.equal(readFileSync(file, 'utf8'), 'new');
  t.equal(statSync(file).mode & 0o777, 0o600);
  t.strictSame(readdirSync(folder), ['a.key']);
});

t.test('a write that fails leaves nothing behind and the old as it was', async (t) => {
  const folder = temporaryFolder(t);
  const file = path.join(folder, 'taken');
  mkdirSync(path.join(file, 'by a folder'), { recursive: true });
  await t.rejects(writeFileWhole(file, 'new', KEY_MODE));
  t.strictSame(readdirSync(folder), ['taken']);
  await t.rejects(writeFileWhole(path.join(folder, 'none/file'), 'new', KEY_MODE));
});
