// The criterion about SPIFFE ids.
import type { Issue, IssuePath } from '../core/issue.ts';
import { spiffeIdOf } from '../core/spiffe-id.ts';
import type { CertificateTest } from './criterion.ts';
import { compileMatcher, type Matcher } from './matcher.ts';

/**
 * Of a whole id (a matcher), or of `trust_domain` and `path`, each a matcher. A `path` given as text is a pattern: `*`
 * stands for one segment, `**` at the end for any number of them.
 */
export function compileSpiffe(
  data: unknown,
  path: IssuePath,
  report: (issue: Issue) => void,
): CertificateTest | undefined {
  const isParts = typeof data === 'object' && data !== null && ('trust_domain' in data || 'path' in data);
  if (!isParts) {
    const matches = compileMatcher(data, { path, report, example: 'spiffe://example.com/web' });
    return matches && ((leaf) => matchesOne(matches, spiffeIdOf(leaf.names.uri)?.id));
  }
  const parts = data as Readonly<Record<string, unknown>>;
  const unknown = Object.keys(parts).find((key) => key !== 'trust_domain' && key !== 'path');
  if (unknown !== undefined) {
    report({ path: [...path, unknown], message: 'is no part of a SPIFFE id: write trust_domain, path' });
    return undefined;
  }
  const domain =
    parts['trust_domain'] === undefined
      ? anything
      : compileMatcher(parts['trust_domain'], { path: [...path, 'trust_domain'], report });
  const inside = compilePath(parts['path'], [...path, 'path'], report);
  if (domain === undefined || inside === undefined) return undefined;
  return (leaf) => {
    const id = spiffeIdOf(leaf.names.uri);
    return id !== undefined && domain([id.trustDomain]) && inside([id.path]);
  };
}

const anything: Matcher = () => true;

function matchesOne(matches: Matcher, id: string | undefined): boolean {
  return id !== undefined && matches([id]);
}

function compilePath(data: unknown, path: IssuePath, report: (issue: Issue) => void): Matcher | undefined {
  if (data === undefined) return anything;
  if (typeof data !== 'string' || !data.includes('*'))
    return compileMatcher(data, { path, report, example: '/ns/*/sa/web' });
  const pattern = data.split('/');
  const isOpen = pattern.at(-1) === '**';
  if (isOpen) pattern.pop();
  if (pattern[0] !== '' || pattern.some((segment) => segment.includes('*') && segment !== '*')) {
    report({
      path,
      message: `'${data}' is no pattern: it starts with /, * is a whole segment, ** the last one`,
    });
    return undefined;
  }
  return ([text = '']) => {
    const segments = text.split('/');
    if (isOpen ? segments.length <= pattern.length : segments.length !== pattern.length) return false;
    return pattern.every((wanted, index) => wanted === '*' || wanted === segments[index]);
  };
}
