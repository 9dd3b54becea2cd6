// From a place that a setting names to the storage there.
import { FileStorage } from './file-storage.ts';
import type { RedisAccess } from '../../redis/redis-client.ts';
import { RedisStorage } from './redis-storage.ts';
import { SealedStorage } from './sealed-storage.ts';
import type { Storage } from './storage.ts';

export interface StorageSettings extends Omit<RedisAccess, 'url'> {
  /** A folder, or `redis://` or `rediss://`. */
  readonly place: string;
  /** Folder for copies of certificates; undefined: none. */
  readonly copies: string | undefined;
  /** Of 32 bytes each, base64; the first seals. Empty: values are kept as they are. */
  readonly sealKeys: readonly string[];
}

export function openStorage({ place, sealKeys, cert, key, ca }: StorageSettings): Storage {
  const storage = isShared(place)
    ? new RedisStorage({ url: place, cert, key, ca })
    : new FileStorage(place);
  return sealed(storage, sealKeys);
}

/** Undefined where no copies are kept. */
export function openCopies({ place, copies, sealKeys }: StorageSettings): Storage | undefined {
  return copies === undefined || !isShared(place) ? undefined : sealed(new FileStorage(copies), sealKeys);
}

function sealed(storage: Storage, sealKeys: readonly string[]): Storage {
  const [first, ...others] = sealKeys.map((key) => Buffer.from(key, 'base64'));
  return first === undefined ? storage : new SealedStorage(storage, [first, ...others]);
}

/** Whether several machines meet there. */
export function isShared(place: string): boolean {
  return /^rediss?:\/\//.test(place);
}
