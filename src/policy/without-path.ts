// Policies of routes whose requests have no path.
import type { Rule } from './rule.ts';

/** Where the rule asks about the path; undefined: nowhere. */
export function pathAsked(rule: Rule): string | undefined {
  if (rule.kind !== 'policy') return undefined;
  return [...rule.policy.deny, ...rule.policy.allow]
    .flatMap(({ criteria }) => criteria)
    .find(({ criterion }) => criterion.name === 'http_path')?.place;
}
