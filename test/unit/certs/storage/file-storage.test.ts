import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, statSync, utimesSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import t from 'tap';
import { FileStorage } from '../../../../src/certs/storage/file-storage.ts';
import { temporaryFolder } from '../../../support/folder.ts';

const never = new AbortController().signal;

t.test('what is written is read, listed and removed', async (t) => {
  const storage = new FileStorage(path.join(temporaryFolder(t), 'made/when/needed'));
  t.equal(await storage.read('a/b'), undefined);
  t.strictSame(await storage.list('a'), []);
  await storage.write('a/b', 'one');
  await storage.write('a/b', Buffer.from('two'));
  await storage.write('a/wildcard_.corp.example.pem', '');
  await storage.write('a/users/admin+acme@corp.example', '');
  t.equal((await storage.read('a/b'))?.toString(), 'two');
  t.strictSame((await storage.list('a')).toSorted(), ['a/b', 'a/wildcard_.corp.example.pem']);
  t.equal(await storage.read('a/b/c'), undefined, 'a file is no folder');
  await storage.remove('a/b');
  await storage.remove('a/b');
  t.equal(await storage.read('a/b'), undefined);
});

t.test('nobody but the owner may read it', async (t) => {
  const folder = path.join(temporaryFolder(t), 'store');
  await new FileStorage(folder).write('keys/a', 'secret');
  t.equal(statSync(folder).mode & 0o777, 0o700);
  t.equal(statSync(path.join(folder, 'keys/a')).mode & 0o777, 0o600);
});

t.test('no key leads out of it', async (t) => {
  const storage = new FileStorage(temporaryFolder(t));
  for (const key of ['', '/', '../a', 'a/../b', 'a//b', '/a', 'a/', '.a', 'a/.b', 'a\0b', 'a\\b', 'a b', 'ä', 'x'.repeat(256)])
    await t.rejects(storage.read(key), { message: /is not a key/ }, JSON.stringify(key).slice(0, 20));
});

t.test('a lock has one holder at a time', async (t) => {
  const storage = new FileStorage(temporaryFolder(t));
  let holders = 0;
  let most = 0;
  const work = async (): Promise<void> => {
    const lock = await storage.lock('a', never);
    most = Math.max(most, ++holders);
    await new Promise(setImmediate);
    holders--;
    await lock.release();
  };
  await Promise.all(Array.from({ length: 4 }, work));
  t.equal(most, 1);
  const other = await storage.lock('b', never);
  const lock = await storage.lock('a', never);
  await Promise.all([lock.release(), lock.release(), other.release()]);
});

t.test('who waits for a lock can be told to stop', async (t) => {
  const storage = new FileStorage(temporaryFolder(t));
  const lock = await storage.lock('a', never);
  const waiting = new AbortController();
  const waits = storage.lock('a', waiting.signal);
  waiting.abort();
  await t.rejects(waits, { name: 'AbortError' });
  await lock.release();
});

t.test('the lock of a process that was killed is taken over at once', async (t) => {
  const folder = temporaryFolder(t);
  const module = pathToFileURL(path.resolve(import.meta.dirname, '../../../../src/certs/storage/file-storage.ts'));
  const program = `
    const { FileStorage } = await import(${JSON.stringify(module.href)});
    await new FileStorage(${JSON.stringify(folder)}).lock('a', new AbortController().signal);
    console.log('held');
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program]);
  await once(child.stdout, 'data');
  const waiting = new AbortController();
  const refused = new FileStorage(folder).lock('a', waiting.signal);
  waiting.abort();
  await t.rejects(refused, { name: 'AbortError' }, 'while it lives it is waited for');
  child.kill('SIGKILL');
  await once(child, 'exit');
  const lock = await new FileStorage(folder).lock('a', never);
  t.strictSame(readdirSync(path.join(folder, 'locks')), ['a'], 'nothing is left over');
  await lock.release();
  t.notOk(existsSync(path.join(folder, 'locks/a')));
});

t.test('a lock that nobody has touched for long is taken over; its holder does not give up the new one', async (t) => {
  const folder = temporaryFolder(t);
  const storage = new FileStorage(folder);
  const lost = await storage.lock('a', never);
  const longAgo = new Date(Date.now() - 3_600_000);
  utimesSync(path.join(folder, 'locks/a'), longAgo, longAgo);
  const lock = await storage.lock('a', never);
  await lost.release();
  t.ok(existsSync(path.join(folder, 'locks/a')));
  await lock.release();
  t.notOk(existsSync(path.join(folder, 'locks/a')));
});
