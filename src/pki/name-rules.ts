// Which subject alternative names let a client in: patterns by type, in linear time, matched against the whole name. A
// list of them is one rule: one name that matches one pattern is enough (Pomerium's `match_subject_alt_names`, whose
// several patterns of one type are anchored at one end each; here every pattern is anchored at both).
import { RE2JS } from 're2js';
import type { SubjectAltNames } from './identity.ts';

export interface NamePattern {
  readonly type: keyof SubjectAltNames;
  /** RE2 syntax. */
  readonly pattern: string;
}

export interface NameRules {
  readonly patterns: readonly NamePattern[];
  admits(names: SubjectAltNames): boolean;
}

/** Throws what RE2 says of a pattern that is none. */
export function compileNameRules(patterns: readonly NamePattern[]): NameRules {
  const compiled = patterns.map(({ type, pattern }) => ({ type, regex: RE2JS.compile(pattern) }));
  return Object.freeze({
    patterns,
    admits: (names: SubjectAltNames) =>
      compiled.some(({ type, regex }) => names[type].some((name) => regex.matches(name))),
  });
}
