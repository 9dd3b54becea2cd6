// Writes a file so that a reader, or a crash, meets the old text or the new one and never half of either.
import { randomBytes } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import path from 'node:path';

/** Mode of a private key: its owner's alone. */
export const KEY_MODE = 0o600;
/** Mode of everything that may be shown. */
export const OPEN_MODE = 0o644;

/** Writes beside the file, flushes to disk, renames. On failure the old file is as it was and nothing is left over. */
export async function writeFileWhole(file: string, data: string | Buffer, mode: number): Promise<void> {
  const temporary = `${file}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    const handle = await open(temporary, 'wx', mode);
    try {
      // Past the umask, and before the first byte of a key is in the file.
      await handle.chmod(mode);
      await handle.writeFile(data);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(path.dirname(file));
}

/** Makes the rename itself last; not every system can open a folder, and none needs it to be correct. */
async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch {
    // Windows has no such thing.
  }
}
