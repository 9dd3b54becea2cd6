// Redis or Valkey as storage, for several machines. What is said to be written is as safe as that server keeps it.
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { connectRedis, type RedisAccess, type RedisConnection } from '../../redis/redis-client.ts';
import { type Storage, type StorageKey, type StorageLock, checkKey } from './storage.ts';

const PREFIX = 'sallyport:';
/** A lock ends by itself so long after its holder has been heard of. */
const LOCK_MS = 15_000;
const TOUCH_MS = 5000;
const RETRY_MS = 200;
const SCAN_COUNT = 500;

/** Does something with a lock that one still holds: another may have taken it over. */
const IF_HELD = (act: string): string =>
  `if redis.call('get', KEYS[1]) == ARGV[1] then return ${act} else return 0 end`;

export class RedisStorage implements Storage {
  readonly #settings: RedisAccess;
  #redis: Promise<RedisConnection> | undefined;

  /** Connects when it is first asked for something. */
  constructor(settings: RedisAccess) {
    this.#settings = settings;
  }

  async read(key: StorageKey): Promise<Buffer | undefined> {
    return (await (await this.#open()).getBuffer(keyOf(key))) ?? undefined;
  }

  async write(key: StorageKey, value: Buffer | string): Promise<void> {
    await (await this.#open()).set(keyOf(key), value);
  }

  async remove(key: StorageKey): Promise<void> {
    await (await this.#open()).del(keyOf(key));
  }

  async list(folder: StorageKey): Promise<StorageKey[]> {
    const redis = await this.#open();
    const prefix = `${keyOf(folder)}/`;
    const found = new Set<string>();
    let cursor = '0';
    do {
      const [next, keys] = await redis.scan(cursor, 'MATCH', `${prefix}*`, 'COUNT', SCAN_COUNT);
      for (const key of keys)
        if (!key.slice(prefix.length).includes('/')) found.add(key.slice(PREFIX.length));
      cursor = next;
    } while (cursor !== '0');
    return [...found];
  }

  async lock(name: string, signal: AbortSignal): Promise<StorageLock> {
    const redis = await this.#open();
    const [key, holder] = [keyOf(`locks/${name}`), randomUUID()];
    for (;;) {
      signal.throwIfAborted();
      if ((await redis.set(key, holder, 'PX', LOCK_MS, 'NX')) === 'OK') break;
      await delay(RETRY_MS, undefined, { signal });
    }
    const ifHeld = async (act: string): Promise<void> => {
      // What fails here is put right by time.
      await redis.eval(IF_HELD(act), 1, key, holder).catch(() => {});
    };
    const timer = setInterval(() => void ifHeld(`redis.call('pexpire', KEYS[1], ${LOCK_MS})`), TOUCH_MS).unref();
    return {
      async release() {
        clearInterval(timer);
        await ifHeld("redis.call('del', KEYS[1])");
      },
    };
  }

  async close(): Promise<void> {
    const redis = this.#redis;
    this.#redis = undefined;
    (await redis)?.disconnect();
  }

  async #open(): Promise<RedisConnection> {
    this.#redis ??= connectRedis(this.#settings);
    return await this.#redis;
  }
}

function keyOf(key: StorageKey): string {
  checkKey(key);
  return PREFIX + key;
}
