// The files that settings name, read once a build, with what cannot be read said at the setting's place.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
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
  readonly #texts = new Map<string, Promise<string | Error>>();
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
    let text = this.#texts.get(file);
    if (text === undefined) {
      text = this.#readText(file);
      this.#texts.set(file, text);
    }
    const result = await text;
    if (typeof result === 'string') return result;
    const { code = '', message } = result as NodeJS.ErrnoException;
    this.#issues.push({ path: at, message: `${file}: ${FAULTS[code] ?? message}` });
    return undefined;
  }

  /** Equal when every file has the same content. */
  async fingerprint(): Promise<string> {
    const hash = createHash('sha256');
    for (const [file, text] of this.#texts) hash.update(JSON.stringify([file, String(await text)]));
    return hash.digest('hex');
  }

  async #readText(file: string): Promise<string | Error> {
    this.#states.set(file, await fileState(file));
    try {
      const bytes = await readFile(file);
      return bytes.length > MAX_BYTES
        ? new Error(`has ${bytes.length} bytes, too many`)
        : bytes.toString('utf8');
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  }
}
