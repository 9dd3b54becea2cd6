// A folder as storage: the default. Only its owner may read it.
import { mkdir, readFile, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { KEY_MODE, writeFileWhole } from '../write-file.ts';
import { lockFile } from './lock-file.ts';
import { type Storage, type StorageKey, type StorageLock, checkKey } from './storage.ts';

const FOLDER_MODE = 0o700;
const LOCKS = 'locks';
const TEMPORARY = '.tmp';

export class FileStorage implements Storage {
  readonly #folder: string;

  /** The folder is made when something is first written. */
  constructor(folder: string) {
    this.#folder = path.resolve(folder);
  }

  async read(key: StorageKey): Promise<Buffer | undefined> {
    try {
      return await readFile(this.#fileOf(key));
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  async write(key: StorageKey, value: Buffer | string): Promise<void> {
    const file = this.#fileOf(key);
    await mkdir(path.dirname(file), { recursive: true, mode: FOLDER_MODE });
    await writeFileWhole(file, value, KEY_MODE);
  }

  async remove(key: StorageKey): Promise<void> {
    await rm(this.#fileOf(key), { force: true });
  }

  async list(folder: StorageKey): Promise<StorageKey[]> {
    try {
      const entries = await readdir(this.#fileOf(folder), { withFileTypes: true });
      const files = entries.filter((entry) => entry.isFile() && !entry.name.endsWith(TEMPORARY));
      return files.map(({ name }) => `${folder}/${name}`);
    } catch (error) {
      if (isMissing(error)) return [];
      throw error;
    }
  }

  async lock(name: string, signal: AbortSignal): Promise<StorageLock> {
    const file = this.#fileOf(`${LOCKS}/${name}`);
    await mkdir(path.dirname(file), { recursive: true, mode: FOLDER_MODE });
    return await lockFile(file, signal);
  }

  async close(): Promise<void> {}

  #fileOf(key: StorageKey): string {
    checkKey(key);
    return path.join(this.#folder, key);
  }
}

function isMissing(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR';
}
