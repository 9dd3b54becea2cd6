// Everything that a start does short of starting, for `sallyport check` and the commands that look at a configuration:
// the same code, so the same errors.
import { systemClock } from '../core/clock.ts';
import type { Environment } from '../config/env.ts';
import type { Problem } from '../config/problem.ts';
import { UpstreamRegistry } from '../upstream/registry.ts';
import type { Build } from './build.ts';
import { ConfigError } from './config-error.ts';
import { FileSource } from './config-source.ts';
import { type Preparation, type PrepareContext, prepare } from './prepare.ts';
import { Renewals } from './renewals.ts';

export interface CheckResult {
  /** Whether a proxy would start on it. */
  readonly isUsable: boolean;
  /** Errors and warnings, in the order of the file. */
  readonly problems: readonly Problem[];
}

const ignore = (): void => {};

/** Checks a configuration file and the files that it names. Connects to nothing. */
export async function checkConfig(file: string, env: Environment): Promise<CheckResult> {
  return await withPrepared(file, env, {}, ({ prepared, problems }) => ({
    isUsable: prepared !== undefined,
    problems,
  }));
}

/**
 * What a configuration would put in force is given to `look`; the lists of `crl_urls` are fetched for it. Throws
 * ConfigError where nothing would be.
 */
export async function withBuild<T>(
  file: string,
  env: Environment,
  look: (build: Build) => T | Promise<T>,
): Promise<T> {
  const renewals = new Renewals({
    clock: systemClock,
    isOrdering: false,
    onChange: ignore,
    onListFailure: ignore,
    onStapleFailure: ignore,
    onEvent: ignore,
  });
  try {
    return await withPrepared(file, env, { renewals }, ({ prepared, problems }) => {
      if (prepared === undefined) throw new ConfigError(problems);
      return look(prepared.build);
    });
  } finally {
    renewals.stop();
  }
}

async function withPrepared<T>(
  file: string,
  env: Environment,
  others: Pick<PrepareContext, 'renewals'>,
  look: (preparation: Preparation) => T | Promise<T>,
): Promise<T> {
  const registry = new UpstreamRegistry();
  try {
    const now = systemClock.now();
    return await look(
      await prepare(new FileSource(file, env), { registry, now, previous: undefined, ...others }),
    );
  } finally {
    await registry.close(0);
  }
}
