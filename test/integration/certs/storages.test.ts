// What every storage has to do, on all of them.
import t from 'tap';
import { openStorage, type StorageSettings } from '../../../src/certs/storage/open-storage.ts';
import type { Storage } from '../../../src/certs/storage/storage.ts';
import { makeTestPki } from '../../support/certificates.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { startRedis } from '../../support/redis.ts';
import { requireTool } from '../../support/requires.ts';

const never = new AbortController().signal;
const pki = await makeTestPki();
const KEY = Buffer.alloc(32, 1).toString('base64');
const OTHER_KEY = Buffer.alloc(32, 2).toString('base64');

const settingsOf = (place: string, sealKeys: readonly string[] = []): StorageSettings => ({
  place,
  copies: undefined,
  sealKeys,
  cert: pki.upstreamClient.certPem,
  key: pki.upstreamClient.keyPem,
  ca: [pki.serverCa.certPem],
});

type Teardown = Parameters<typeof temporaryFolder>[0];

function open(t: Teardown, settings: StorageSettings): Storage {
  const storage = openStorage(settings);
  t.teardown(() => void storage.close());
  return storage;
}

async function placeOf(t: Teardown, kind: string): Promise<string> {
  return kind === 'redis' ? (await startRedis(t)).url : temporaryFolder(t);
}

for (const kind of ['folder', 'redis'])
  for (const sealKeys of [[], [KEY]])
    t.test(`${kind}${sealKeys.length === 0 ? '' : ', sealed'}`, async (t) => {
      if (kind === 'redis' && !requireTool(t, 'redis-server')) return;
      const settings = settingsOf(await placeOf(t, kind), sealKeys);
      const [one, other] = [open(t, settings), open(t, settings)];
      t.equal(await one.read('a/b'), undefined);
      const value = Buffer.from([0, 255, 13, 10]);
      await one.write('a/b', value);
      t.strictSame(await other.read('a/b'), value, 'what one writes the other reads');
      await other.write('a/b', 'text');
      await other.write('a/c/d', '');
      await other.write('ab', '');
      t.equal((await one.read('a/b'))?.toString(), 'text');
      t.strictSame(await one.list('a'), ['a/b'], 'the keys directly below');
      await one.remove('a/b');
      await one.remove('a/b');
      t.equal(await other.read('a/b'), undefined);
      t.strictSame(await one.list('nothing'), []);
      await t.rejects(one.read('../a'), { message: /is not a key/ });

      const lock = await one.lock('x', never);
      const waiting = new AbortController();
      const second = other.lock('x', waiting.signal);
      const third = other.lock('y', never);
      await (await third).release();
      waiting.abort();
      await t.rejects(second, { name: 'AbortError' });
      await lock.release();
      await (await other.lock('x', never)).release();
    });

t.test('what is sealed is read with its key and under its name alone', async (t) => {
  const folder = temporaryFolder(t);
  const plain = open(t, settingsOf(folder));
  const sealed = open(t, settingsOf(folder, [KEY]));
  await sealed.write('keys/a', 'a secret');
  const bytes = await plain.read('keys/a');
  t.notMatch(bytes?.toString('latin1'), /secret/);
  t.equal(await open(t, settingsOf(folder, [OTHER_KEY])).read('keys/a'), undefined, 'another key');
  const both = open(t, settingsOf(folder, [OTHER_KEY, KEY]));
  t.equal((await both.read('keys/a'))?.toString(), 'a secret', 'a key that is on its way out');
  await plain.write('keys/b', bytes ?? '');
  t.equal(await sealed.read('keys/b'), undefined, 'moved to another name');
  await plain.write('keys/c', 'not sealed at all');
  t.equal(await sealed.read('keys/c'), undefined, 'what anybody could have written');
  for (let at = 0; at < (bytes?.length ?? 0); at += 5) {
    const changed = Buffer.from(bytes ?? '');
    changed[at] = (changed[at] ?? 0) ^ 1;
    await plain.write('keys/a', changed);
    t.equal(await sealed.read('keys/a'), undefined, `byte ${at}`);
  }
  await plain.write('keys/a', bytes?.subarray(0, 30) ?? '');
  t.equal(await sealed.read('keys/a'), undefined, 'cut short');
});

t.test('Redis: both sides show a certificate, or nothing is read', async (t) => {
  if (!requireTool(t, 'redis-server')) return;
  const { url } = await startRedis(t);
  const settings = settingsOf(url);
  const stranger = open(t, { ...settings, cert: undefined, key: undefined });
  await t.rejects(stranger.read('a'), Error, 'without a certificate');
  const other = open(t, { ...settings, cert: pki.client.certPem, key: pki.client.keyPem });
  await t.rejects(other.read('a'), Error, 'with one of another CA');
  const doubting = open(t, { ...settings, ca: [pki.clientCa.certPem] });
  await t.rejects(doubting.read('a'), Error, 'of a server that nobody vouches for');
  t.equal(await open(t, settings).read('a'), undefined, 'but this way');
});

t.test('Redis: one that is away is said at once, and used again when it is back', async (t) => {
  if (!requireTool(t, 'redis-server')) return;
  const redis = await startRedis(t);
  const storage = open(t, settingsOf(redis.url));
  await storage.write('a', '1');
  await redis.kill();
  await t.rejects(storage.read('a'));
  await redis.start();
  const read = async (): Promise<boolean> =>
    await storage.read('a').then(
      () => true,
      () => false,
    );
  const deadline = performance.now() + 10_000;
  while (!(await read())) if (performance.now() > deadline) throw new Error('it is not back');
  t.pass('it is back');
});
