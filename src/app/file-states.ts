// How files looked just before they were read: what tells a later look that they have changed since.
import { stat } from 'node:fs/promises';

/** Path -> what `fileState` said. */
export type FileStates = ReadonlyMap<string, string>;

/** Equal while the file is the same and has the same content. Never throws: a file that is not there is a state, too. */
export async function fileState(file: string): Promise<string> {
  try {
    const { dev, ino, size, mtimeMs, ctimeMs } = await stat(file);
    return `${dev} ${ino} ${size} ${mtimeMs} ${ctimeMs}`;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'error';
  }
}
