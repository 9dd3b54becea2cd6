// Why a configuration is refused, as one error that holds every reason.
import type { Problem } from '../config/problem.ts';

export class ConfigError extends Error {
  /** Errors and warnings, in the order of the file. */
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(problems.map(({ text }) => text).join('\n'));
    this.name = 'ConfigError';
    this.problems = problems;
  }
}
