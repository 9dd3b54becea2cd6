// Everything that a start does short of starting, for `sallyport check`: the same code, so the same errors.
import { systemClock } from '../core/clock.ts';
import type { Environment } from '../config/env.ts';
import type { Problem } from '../config/problem.ts';
import { UpstreamRegistry } from '../upstream/registry.ts';
import { fileSource } from './config-source.ts';
import { prepare } from './prepare.ts';

export interface CheckResult {
  /** Whether a proxy would start on it. */
  readonly isUsable: boolean;
  /** Errors and warnings, in the order of the file. */
  readonly problems: readonly Problem[];
}

/** Checks a configuration file and the files that it names. Connects to nothing. */
export async function checkConfig(file: string, env: Environment): Promise<CheckResult> {
  const registry = new UpstreamRegistry();
  try {
    const now = systemClock.now();
    const { prepared, problems } = await prepare(fileSource(file, env), {
      registry,
      now,
      previous: undefined,
    });
    return { isUsable: prepared !== undefined, problems };
  } finally {
    await registry.close(0);
  }
}
