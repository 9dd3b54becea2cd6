// Read, parse, validate and build, without changing anything: what start, reload and `check` have in common.
import { byPlace, type Problem } from '../config/problem.ts';
import type { SoundConfig } from '../config/settings-of.ts';
import type { Issue } from '../core/issue.ts';
import { type Build, build, type BuildContext, type BuildResult } from './build.ts';
import type { UpstreamSource } from '../upstream/pooled-endpoint.ts';
import type { ConfigSource } from './config-source.ts';
import { type FileStates, fileState } from './file-states.ts';

export interface PrepareContext {
  readonly registry: UpstreamSource;
  readonly now: number;
  /** What is in force. */
  readonly previous: Prepared | undefined;
  readonly renewals?: BuildContext['renewals'];
  /** Ends the reading early, as a refusal. */
  readonly signal?: AbortSignal;
}

/** A build, and what tells it from another one. */
export interface Prepared {
  readonly build: Build;
  /** Equal where nothing would change: neither a setting nor a file that one names. */
  readonly fingerprint: string;
}

export interface Preparation {
  /** Undefined when a problem is an error. */
  readonly prepared: Prepared | undefined;
  readonly problems: readonly Problem[];
  /** To watch, the configuration's own included. */
  readonly files: FileStates;
}

export async function prepare(
  source: ConfigSource,
  { registry, now, previous, renewals, signal }: PrepareContext,
): Promise<Preparation> {
  const own: FileStates = new Map(
    source.file === undefined ? [] : [[source.file, await fileState(source.file)]],
  );
  const { result, locate } = await source.read(signal);
  const context = { registry, now, previous: previous?.build, renewals };
  if (!result.ok) {
    const { issues, files } = await faultsOf(result.sound, context);
    const problems = [...result.problems, ...(issues.length > 0 ? await locate(issues) : [])];
    return { prepared: undefined, problems: problems.sort(byPlace), files: new Map([...own, ...files]) };
  }
  const made = await build(result.config, context);
  const problems = [...result.warnings, ...(made.issues.length > 0 ? await locate(made.issues) : [])];
  const files = new Map([...own, ...made.files]);
  if (made.build === undefined) return { prepared: undefined, problems, files };
  const fingerprint = `${result.fingerprint} ${made.build.filesFingerprint}`;
  return { prepared: { build: made.build, fingerprint }, problems, files };
}

/**
 * What else is wrong, in the part of a refused configuration that has no faults of its own: a user mends everything in
 * one go. Issues about the whole are left out, since the part that is missing may be what they are about.
 */
async function faultsOf(
  sound: SoundConfig | undefined,
  context: BuildContext,
): Promise<Pick<BuildResult, 'issues' | 'files'>> {
  if (sound === undefined) return { issues: [], files: new Map() };
  const { issues, files } = await build(sound.config, context);
  const placed = issues.flatMap((issue): Issue[] => {
    const [top, index, ...rest] = issue.path;
    if (issue.severity === 'warning' || top === undefined || sound.faulty.has(String(top))) return [];
    if (top !== 'routes' || typeof index !== 'number') return [issue];
    return [{ ...issue, path: [top, sound.routeIndexes[index] ?? index, ...rest] }];
  });
  return { issues: placed, files };
}
