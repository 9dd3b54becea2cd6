// Where a proxy's configuration comes from: a file that can be read again, what was read from one elsewhere, or an object
// that was handed in.
import type { Environment } from '../config/env.ts';
import { loadConfig, locateConfigIssues, type ReadConfig, readConfig } from '../config/load.ts';
import { type ConfigResult, parseConfigObject } from '../config/parse.ts';
import { type Problem, problemOf } from '../config/problem.ts';
import type { RawSource } from '../config/raw-source.ts';
import type { ConfigInput } from '../config/schema.ts';
import type { Issue } from '../core/issue.ts';
import { fileState } from './file-states.ts';

export interface ReadResult {
  readonly result: ConfigResult;
  /** The issues of other rooms, at their places in what was read. */
  readonly locate: (issues: readonly Issue[]) => Promise<readonly Problem[]>;
}

export interface ConfigSource {
  /** To watch; undefined for what cannot change by itself. */
  readonly file: string | undefined;
  /** `signal` ends it early, with a problem for a result. */
  read(signal?: AbortSignal): Promise<ReadResult>;
}

export class FileSource implements ConfigSource {
  readonly file: string;
  readonly #env: Environment;
  #ahead: { readonly state: string; readonly config: ReadConfig } | undefined;
  /** As of the last `read`. */
  bytes: Uint8Array = new Uint8Array();

  constructor(file: string, env: Environment) {
    this.file = file;
    this.#env = env;
  }

  /** Reads ahead: the next `read` has the same result, unless the file has changed by then. */
  async peek(): Promise<ConfigResult> {
    const state = await fileState(this.file);
    const config = await readConfig(this.file, this.#env);
    this.#ahead = { state, config };
    return config.result;
  }

  async read(signal?: AbortSignal): Promise<ReadResult> {
    const ahead = this.#ahead;
    this.#ahead = undefined;
    const isFresh = ahead !== undefined && ahead.state === (await fileState(this.file));
    const { source, result } = isFresh ? ahead.config : await readConfig(this.file, this.#env, signal);
    this.bytes = source.bytes;
    return { result, locate: (issues) => locateConfigIssues(source, issues) };
  }
}

/** What another process has read from a file, and watches. */
export function heldSource(source: RawSource): ConfigSource {
  return {
    file: undefined,
    async read(signal) {
      return {
        result: await loadConfig(source, signal),
        locate: (issues) => locateConfigIssues(source, issues),
      };
    },
  };
}

export function sourceOf(config: ConfigInput | ConfigSource, env: Environment): ConfigSource {
  return 'read' in config ? config : objectSource(config, env);
}

export function objectSource(input: ConfigInput, env: Environment): ConfigSource {
  return {
    file: undefined,
    async read() {
      const locate = async (issues: readonly Issue[]) => issues.map((issue) => problemOf(issue, env));
      return { result: parseConfigObject(input, { env }), locate };
    },
  };
}
