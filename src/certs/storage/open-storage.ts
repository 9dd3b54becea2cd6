// From a place that a setting names to the storage there.
import { FileStorage } from './file-storage.ts';
import { type RedisStorageSettings, RedisStorage } from './redis-storage.ts';
import { SealedStorage } from './sealed-storage.ts';
import type { Storage } from './storage.ts';

export interface StorageSettings extends Omit<RedisStorageSettings, 'url'> {
  /** A folder, or `redis://` or `rediss://`. */
  readonly place: string;
  /** Of 32 bytes each, base64; the first seals. Empty: values are kept as they are. */
  readonly sealKeys: readonly string[];
}

export function openStorage({ place, sealKeys, ...tls }: StorageSettings): Storage {
  const storage = isShared(place) ? new RedisStorage({ url: place, ...tls }) : new FileStorage(place);
  const [first, ...others] = sealKeys.map((key) => Buffer.from(key, 'base64'));
  return first === undefined ? storage : new SealedStorage(storage, [first, ...others]);
}

/** Whether several machines meet there. */
export function isShared(place: string): boolean {
  return /^rediss?:\/\//.test(place);
}
