// Where a proxy's configuration comes from: a file that can be read again, or an object that was handed in.
import { locateConfigIssues, readConfig } from '../config/load.ts';
import type { Environment } from '../config/env.ts';
import { type ConfigResult, parseConfigObject } from '../config/parse.ts';
import { type Problem, problemOf } from '../config/problem.ts';
import type { ConfigInput } from '../config/schema.ts';
import type { Issue } from '../core/issue.ts';

export interface ReadResult {
  readonly result: ConfigResult;
  /** The issues of other rooms, at their places in what was read. */
  readonly locate: (issues: readonly Issue[]) => Promise<readonly Problem[]>;
}

export interface ConfigSource {
  /** To watch; undefined for an object. */
  readonly file: string | undefined;
  /** `signal` ends it early, with a problem for a result. */
  read(signal?: AbortSignal): Promise<ReadResult>;
}

export function fileSource(file: string, env: Environment): ConfigSource {
  return {
    file,
    async read(signal) {
      const { source, result } = await readConfig(file, env, signal);
      return { result, locate: (issues) => locateConfigIssues(source, issues) };
    },
  };
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
