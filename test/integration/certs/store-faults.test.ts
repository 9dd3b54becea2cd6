// A disk that is full or broken, or a process that is killed, at every step of a write: what was there stays readable, and
// the next write goes through.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { FileStorage } from '../../../src/certs/storage/file-storage.ts';
import { FAULTS, KEY, STEPS } from '../../support/faulty-store.ts';
import { temporaryFolder } from '../../support/folder.ts';

const SCRIPT = path.resolve(import.meta.dirname, '../../support/faulty-store.ts');

for (const fault of FAULTS)
  t.test(`nothing is lost by ${fault}`, async (t) => {
    for (const step of STEPS) {
      const folder = temporaryFolder(t);
      const storage = new FileStorage(folder);
      await storage.write(KEY, 'old');
      const { stdout, signal } = spawnSync(process.execPath, [SCRIPT, folder, step, fault], {
        encoding: 'utf8',
      });
      // Once it is renamed it is written; that the folder could not be flushed is no reason to say that it was not.
      const isPast = step === 'open folder';
      if (fault === 'kill') t.equal(signal, 'SIGKILL', `it was killed at ${step}`);
      else t.equal(stdout.trim(), isPast ? 'written' : fault, `${step} failed`);
      t.equal((await storage.read(KEY))?.toString(), isPast ? 'new' : 'old', `at ${step}`);
      t.strictSame(await storage.list(path.dirname(KEY)), [KEY], 'what is left over is not listed');
      await storage.write(KEY, 'newer');
      t.equal((await storage.read(KEY))?.toString(), 'newer');
      if (fault !== 'kill') t.strictSame(readdirSync(path.join(folder, path.dirname(KEY))), ['a.example.pem']);
    }
  });

t.test('the faults are real: without one the value is written', async (t) => {
  const folder = temporaryFolder(t);
  const { stdout } = spawnSync(process.execPath, [SCRIPT, folder, 'none', 'EIO'], { encoding: 'utf8' });
  t.equal(stdout.trim(), 'written');
  t.equal((await new FileStorage(folder).read(KEY))?.toString(), 'new');
});
