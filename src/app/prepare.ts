// Read, parse, validate and build, without changing anything: what start, reload and `check` have in common.
import type { Problem } from '../config/problem.ts';
import { type Build, build } from './build.ts';
import type { UpstreamRegistry } from '../upstream/registry.ts';
import type { ConfigSource } from './config-source.ts';

export interface PrepareContext {
  readonly registry: UpstreamRegistry;
  readonly now: number;
  /** What is in force. */
  readonly previous: Prepared | undefined;
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
  readonly files: readonly string[];
}

export async function prepare(
  source: ConfigSource,
  { registry, now, previous }: PrepareContext,
): Promise<Preparation> {
  const own = source.file === undefined ? [] : [source.file];
  const { result, locate } = await source.read();
  if (!result.ok) return { prepared: undefined, problems: result.problems, files: own };
  const made = await build(result.config, { registry, now, previous: previous?.build });
  const problems = [...result.warnings, ...(made.issues.length > 0 ? await locate(made.issues) : [])];
  const files = [...own, ...made.files];
  if (made.build === undefined) return { prepared: undefined, problems, files };
  const fingerprint = `${result.fingerprint} ${made.build.filesFingerprint}`;
  return { prepared: { build: made.build, fingerprint }, problems, files };
}
