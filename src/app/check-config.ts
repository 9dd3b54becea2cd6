// Everything that a start does short of starting, for `sallyport check` and the commands that look at a configuration:
// the same code, so the same errors.
import { OcspAnswers } from '../certs/ocsp-answers.ts';
import { systemClock } from '../core/clock.ts';
import type { Environment } from '../config/env.ts';
import type { Problem } from '../config/problem.ts';
import { UpstreamRegistry } from '../upstream/registry.ts';
import type { Build } from './build.ts';
import { ConfigError } from './config-error.ts';
import { FileSource } from './config-source.ts';
import { type Preparation, type PrepareContext, prepare } from './prepare.ts';
import { RemoteLists } from './remote-lists.ts';

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
  const remote = new RemoteLists({ clock: systemClock, onChange: ignore, onFailure: ignore });
  const ocsp = new OcspAnswers(systemClock);
  try {
    return await withPrepared(file, env, { remote, ocsp }, ({ prepared, problems }) => {
      if (prepared === undefined) throw new ConfigError(problems);
      return look(prepared.build);
    });
  } finally {
    remote.stop();
    ocsp.stop();
  }
}

async function withPrepared<T>(
  file: string,
  env: Environment,
  others: Pick<PrepareContext, 'remote' | 'ocsp'>,
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
