// Policies of routes that TLS passes through: nothing is known there but where the client is and what time it is.
import type { Criterion } from './criterion.ts';
import type { Rule } from './rule.ts';

/** Of the criteria about connections those that TLS has to end for. */
const ABOUT_TLS: ReadonlySet<string> = new Set(['invalid_client_certificate', 'tls_version', 'vouched']);

/** What the rule asks that cannot be known there, with its place; undefined: nothing. */
export function askedOfTls(rule: Rule): string | undefined {
  if (rule.kind !== 'policy') return undefined;
  for (const { criteria } of [...rule.policy.deny, ...rule.policy.allow])
    for (const { criterion, place } of criteria)
      if (isOfTls(criterion)) return `${criterion.name} (${place})`;
  return undefined;
}

function isOfTls(criterion: Criterion): boolean {
  if (criterion.about === 'time') return criterion.needsCertificate === true;
  return criterion.about !== 'connection' || ABOUT_TLS.has(criterion.name);
}
