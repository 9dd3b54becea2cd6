// Where what has to outlive a process is kept: accounts, certificates with their keys, challenges under way. Several
// processes, or machines, that share a storage share all of it.

/** Path-like: `certificates/acme.example/a.example.com.pem`. Parts of letters, digits and `._@+-`, none begins with a dot. */
export type StorageKey = string;

export interface StorageLock {
  /** Gives it up. Never throws: a lock that cannot be given up ends by itself. */
  release(): Promise<void>;
}

export interface Storage {
  /** Undefined where there is nothing. Throws where it cannot be told. */
  read(key: StorageKey): Promise<Buffer | undefined>;
  /** Whole and for good once it resolves; where it throws, or the process ends before, what was there is still there. */
  write(key: StorageKey, value: Buffer | string): Promise<void>;
  /** What is not there is removed, too. */
  remove(key: StorageKey): Promise<void>;
  /** The keys directly below a folder, in no order; none where there is no such folder. */
  list(folder: StorageKey): Promise<StorageKey[]>;
  /**
   * One holder at a time, among all that share the storage. Waits for it until `signal` aborts. That of a holder which
   * has died is taken over.
   */
  lock(name: string, signal: AbortSignal): Promise<StorageLock>;
  /** Lets go of connections, where there are any. */
  close(): Promise<void>;
}

const KEY = /^[A-Za-z0-9_@+-][A-Za-z0-9_.@+-]*(?:\/[A-Za-z0-9_@+-][A-Za-z0-9_.@+-]*)*$/;
const MAX_PART = 255;

/** Throws for what could lead out of the storage, or is longer than file systems take. */
export function checkKey(key: StorageKey): void {
  if (!KEY.test(key) || key.split('/').some((part) => part.length > MAX_PART))
    throw new Error(`'${key}' is not a key`);
}
