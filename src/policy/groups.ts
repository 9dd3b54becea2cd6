// Named groups of certificates, for `certificate_group`: a list of entries, each a map of criteria about a certificate.
import type { Issue, IssuePath } from '../core/issue.ts';
import { compileCertificateMap } from './certificate-criteria.ts';
import type { CertificateTest } from './criterion.ts';

/** Name -> entries as written. */
export type GroupsInput = Readonly<Record<string, readonly unknown[]>>;

/** A certificate is in a group when it fits one entry. Every mistake is reported; an empty group has no members. */
export function compileGroups(
  groups: GroupsInput,
  path: IssuePath,
  report: (issue: Issue) => void,
): Map<string, CertificateTest> {
  const compiled = new Map<string, CertificateTest>();
  for (const [name, entries] of Object.entries(groups)) {
    const tests = entries.map((entry, index) => compileCertificateMap(entry, [...path, name, index], report));
    compiled.set(name, (leaf) => tests.some((test) => test?.(leaf) === true));
  }
  return compiled;
}
