// From text, or from an object of the same shape, to a Config or to every reason why it is none. Reads no file and no
// clock; what the environment says is passed in. Large texts are better parsed by `loadConfig`, off the main thread.
import path from 'node:path';
import type { Issue } from '../core/issue.ts';
import { parseYaml } from './document.ts';
import type { Environment } from './env.ts';
import { deepFreeze, fingerprint, resolveFiles } from './plain-object.ts';
import { problemAt, placeIssues, type Problem, problemOf } from './problem.ts';
import { settingsOf, type SoundConfig } from './settings-of.ts';
import type { Config, ConfigInput } from './schema.ts';
import type { ConfigIssue } from './zod-issues.ts';

export interface ParsedConfig {
  readonly ok: true;
  readonly config: Config;
  /** Equal for equal settings. Files that settings name are not part of it. */
  readonly fingerprint: string;
  readonly warnings: readonly Problem[];
}

export interface RefusedConfig {
  readonly ok: false;
  /** Errors and warnings together, in the order of the file; at least one error. */
  readonly problems: readonly Problem[];
  /** What can still be looked at for more faults; absent where the text is no map. Frozen. */
  readonly sound?: SoundConfig;
}

export type ConfigResult = ParsedConfig | RefusedConfig;

export interface ConfigSource {
  readonly text: string;
  /** Path of the file, as it is to be shown; relative paths in it are taken from its folder. */
  readonly file: string;
  readonly env: Environment;
}

/** Parses a configuration file. Never throws. */
export function parseConfig({ text, file, env }: ConfigSource): ConfigResult {
  const document = parseYaml(text);
  if (document.faults.length > 0)
    return {
      ok: false,
      problems: document.faults.map(({ message, line, column }) =>
        problemAt({ path: [], message }, { file, line, column }),
      ),
    };
  const folder = path.dirname(path.resolve(file));
  return parsePlain(document.value, { folder, env }, (issues) => placeIssues(issues, document, file, env));
}

/** Where an object's relative paths are taken from, and its environment. */
export interface ObjectSource {
  /** Default: the working folder. */
  readonly folder?: string;
  /** Default: empty; nothing is expanded from `process.env` unless it is given. */
  readonly env?: Environment;
}

/** Parses an object of the same shape as the file; the object is not changed. */
export function parseConfigObject(
  object: ConfigInput,
  { folder = process.cwd(), env = {} }: ObjectSource = {},
): ConfigResult {
  return parsePlain(object, { folder, env }, (issues) => issues.map((issue) => problemOf(issue, env)));
}

/** The issues of other rooms at their places in the text that the Config came from. */
export function locateIssues({ text, file, env }: ConfigSource, issues: readonly Issue[]): Problem[] {
  return placeIssues(issues, parseYaml(text), file, env);
}

function parsePlain(
  input: unknown,
  { folder, env }: { folder: string; env: Environment },
  place: (issues: readonly ConfigIssue[]) => Problem[],
): ConfigResult {
  const { sound, issues } = settingsOf(input, env);
  const problems = place(issues);
  if (sound === undefined) return { ok: false, problems };
  const { config } = sound;
  resolveFiles(config, folder);
  deepFreeze(config);
  if (issues.some((issue) => issue.severity !== 'warning')) return { ok: false, problems, sound };
  return { ok: true, config, fingerprint: fingerprint(config), warnings: problems };
}
