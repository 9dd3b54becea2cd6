// A storage whose values are encrypted and authenticated (AES-256-GCM) with a key that is kept elsewhere: whoever reads it
// learns nothing but names, and what they change in it, or move to another name, is as if it were not there.
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { Storage, StorageKey, StorageLock } from './storage.ts';

const ALGORITHM = 'aes-256-gcm';
const MAGIC = Buffer.from('sallyport-sealed-1\n', 'latin1');
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** What `keys` has to be made of, bytes. */
export const SEAL_KEY_BYTES = 32;

export class SealedStorage implements Storage {
  readonly #storage: Storage;
  readonly #keys: readonly [Buffer, ...Buffer[]];

  /** The first key seals; all of them open, so that one can take the place of another. */
  constructor(storage: Storage, keys: readonly [Buffer, ...Buffer[]]) {
    this.#storage = storage;
    this.#keys = keys;
  }

  /** Undefined also where it is not sealed with one of the keys, for this very name. */
  async read(key: StorageKey): Promise<Buffer | undefined> {
    const sealed = await this.#storage.read(key);
    if (sealed === undefined) return undefined;
    for (const secret of this.#keys) {
      const value = open(sealed, key, secret);
      if (value !== undefined) return value;
    }
    return undefined;
  }

  async write(key: StorageKey, value: Buffer | string): Promise<void> {
    await this.#storage.write(key, seal(Buffer.from(value), key, this.#keys[0]));
  }

  async remove(key: StorageKey): Promise<void> {
    await this.#storage.remove(key);
  }

  async list(folder: StorageKey): Promise<StorageKey[]> {
    return await this.#storage.list(folder);
  }

  async lock(name: string, signal: AbortSignal): Promise<StorageLock> {
    return await this.#storage.lock(name, signal);
  }

  async close(): Promise<void> {
    await this.#storage.close();
  }
}

function seal(value: Buffer, name: StorageKey, secret: Buffer): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(ALGORITHM, secret, nonce);
  cipher.setAAD(Buffer.from(name, 'utf8'));
  const sealed = Buffer.concat([cipher.update(value), cipher.final()]);
  return Buffer.concat([MAGIC, nonce, cipher.getAuthTag(), sealed]);
}

function open(sealed: Buffer, name: StorageKey, secret: Buffer): Buffer | undefined {
  const start = MAGIC.length + NONCE_BYTES + TAG_BYTES;
  if (sealed.length < start || !sealed.subarray(0, MAGIC.length).equals(MAGIC)) return undefined;
  const nonce = sealed.subarray(MAGIC.length, MAGIC.length + NONCE_BYTES);
  const decipher = createDecipheriv(ALGORITHM, secret, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(name, 'utf8'));
  decipher.setAuthTag(sealed.subarray(MAGIC.length + NONCE_BYTES, start));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(start)), decipher.final()]);
  } catch {
    return undefined;
  }
}
