// The files that settings name, read once a build, with what cannot be read said at the setting's place.
import { createHash } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import type { Issue, IssuePath } from '../core/issue.ts';
import { type FileStates, fileState } from './file-states.ts';

/** More than any certificate bundle holds. */
const MAX_BYTES = 16 * 1024 * 1024;

const FAULTS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'is a folder',
  EACCES: 'may not be read by this user',
};

export class SettingFiles {
  readonly #contents = new Map<string, Promise<Buffer | Error>>();
  readonly #states = new Map<string, string>();
  readonly #issues: Issue[];

  /** Faults are pushed onto `issues`. */
  constructor(issues: Issue[]) {
    this.#issues = issues;
  }

  /** Every path that was asked for, as it looked just before: what to watch. */
  get states(): FileStates {
    return this.#states;
  }

  /** The text of the file, or undefined with an issue at `at`. */
  async read(file: string, at: IssuePath): Promise<string | undefined> {
    return (await this.readBytes(file, at))?.toString('utf8');
  }

  /** The same for a file that may not be text. */
  async readBytes(file: string, at: IssuePath): Promise<Buffer | undefined> {
    let content = this.#contents.get(file);
    if (content === undefined) {
      content = this.#readContent(file);
      this.#contents.set(file, content);
    }
    const result = await content;
    if (Buffer.isBuffer(result)) return result;
    const { code = '', message } = result as NodeJS.ErrnoException;
    this.#issues.push({ path: at, message: `${file}: ${FAULTS[code] ?? message}` });
    return undefined;
  }

  /** What is in a folder, in order of names, with an issue at `at` where it cannot be read. Watched for what comes and goes. */
  async list(folder: string, at: IssuePath): Promise<{ name: string; isFolder: boolean }[] | undefined> {
    this.#states.set(folder, await fileState(folder));
    try {
      const entries = await readdir(folder, { withFileTypes: true });
      return entries
        .filter(({ name }) => !name.startsWith('.'))
        .map((entry) => ({ name: entry.name, isFolder: entry.isDirectory() }))
        .toSorted((one, other) => (one.name < other.name ? -1 : 1));
    } catch (error) {
      const { code = '', message } = error as NodeJS.ErrnoException;
      this.#issues.push({ path: at, message: `${folder}: ${FAULTS[code] ?? message}` });
      return undefined;
    }
  }

  /** Equal when every file has the same content. */
  async fingerprint(): Promise<string> {
    const hash = createHash('sha256');
    for (const [file, content] of this.#contents) {
      const bytes = await content;
      hash.update(JSON.stringify([file, Buffer.isBuffer(bytes) ? bytes.length : String(bytes)]));
      if (Buffer.isBuffer(bytes)) hash.update(bytes);
    }
    return hash.digest('hex');
  }

  async #readContent(file: string): Promise<Buffer | Error> {
    this.#states.set(file, await fileState(file));
    try {
      const bytes = await readFile(file);
      return bytes.length > MAX_BYTES ? new Error(`has ${bytes.length} bytes, too many`) : bytes;
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  }
}
