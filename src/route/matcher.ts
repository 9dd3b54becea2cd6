// Which paths a route takes: exactly one, everything under a prefix, what a regular expression matches in full, any, or none.
// Each parse function returns a sentence where the pattern is none.
import { RE2JS } from 're2js';
import { parsePlainPath } from './plain-path.ts';

export interface PathMatcher {
  readonly kind: 'any' | 'path' | 'prefix' | 'regex' | 'port';
  /** In normal form; '' for `any`; the number of a `port`. */
  readonly pattern: string;
  matches(path: string): boolean;
}

export const anyPath: PathMatcher = { kind: 'any', pattern: '', matches: () => true };

/** No path at all: CONNECT has none. */
export function tunnelMatcher(port: number): PathMatcher {
  return { kind: 'port', pattern: String(port), matches: () => false };
}

/** Exactly this path. */
export function parseExactPath(text: string): PathMatcher | string {
  const pattern = parsePlainPath(text);
  if ('fault' in pattern) return pattern.fault;
  const wanted = pattern.path;
  return { kind: 'path', pattern: wanted, matches: (path) => path === wanted };
}

/**
 * This path and everything under it: `/app` matches `/app`, `/app/x` and `/app;v=1`, not `/application`. A prefix that
 * ends in `/` matches only what is under it.
 */
export function parsePrefix(text: string): PathMatcher | string {
  const pattern = parsePlainPath(text);
  if ('fault' in pattern) return pattern.fault;
  const prefix = pattern.path;
  if (prefix === '/') return { kind: 'prefix', pattern: '/', matches: (path) => path.startsWith('/') };
  const length = prefix.length;
  if (prefix.endsWith('/'))
    return { kind: 'prefix', pattern: prefix, matches: (path) => path.startsWith(prefix) };
  return {
    kind: 'prefix',
    pattern: prefix,
    matches: (path) => path.startsWith(prefix) && (path.length === length || isBorder(path, length)),
  };
}

/** The whole path in RE2 syntax, in linear time whatever the pattern and the path. */
export function parseRegex(text: string): PathMatcher | string {
  try {
    const regex = RE2JS.compile(text);
    return { kind: 'regex', pattern: text, matches: (path) => path !== '*' && regex.testExact(path) };
  } catch (error) {
    return `'${text}' is not a regular expression in RE2 syntax: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** A segment ends here: at `/`, or at the `;` of its parameters. */
function isBorder(path: string, index: number): boolean {
  const code = path.charCodeAt(index);
  return code === 0x2f || code === 0x3b;
}
