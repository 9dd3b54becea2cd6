// prefix_rewrite: another path for the upstream, made from the one that was matched. The result always begins with
// exactly one '/', so it can never be taken for an authority (`//evil`).
import { RE2JS } from 're2js';
import type { PathMatcher } from './matcher.ts';
import { parsePlainPath } from './plain-path.ts';

/** From the matched path to the one that is sent. `*` stays `*`. */
export type PathRewrite = (path: string) => string;

/**
 * With a `prefix` matcher the prefix is replaced and the rest kept; with `path` and `regex` the whole path is replaced;
 * without a matcher the rewrite is put in front. Exactly one '/' stands where the two parts meet, whether or not either
 * was written with one (unlike Pomerium, where `/app` to `/` makes `//x` out of `/app/x`). A string says what is wrong.
 */
export function parsePrefixRewrite(text: string, matcher: PathMatcher): PathRewrite | string {
  const parsed = parsePlainPath(text);
  if ('fault' in parsed) return parsed.fault;
  const base = parsed.path;
  if (matcher.kind === 'path' || matcher.kind === 'regex') return (path) => (path === '*' ? path : base);
  const cut = matcher.kind === 'prefix' ? matcher.pattern.length : 0;
  return (path) => (path === '*' ? path : join(base, path.slice(cut)));
}

/** The other way: from what the app was asked for to what the client asked for. A path that is no such is left alone. */
export function prefixRestore(text: string, matcher: PathMatcher): PathRewrite {
  const parsed = parsePlainPath(text);
  const base = 'fault' in parsed ? '/' : parsed.path.replace(/\/$/, '');
  const prefix = matcher.kind === 'prefix' ? matcher.pattern : '';
  if (matcher.kind === 'path' || matcher.kind === 'regex') return (path) => path;
  return (path) => (path.startsWith(`${base}/`) ? join(prefix || '/', path.slice(base.length)) : path);
}

/**
 * Every match of the expression (RE2) becomes the substitution, with `\\1` for its groups, as in Envoy. What comes out
 * begins with exactly one '/'. A string says what is wrong.
 */
export function parseRegexRewrite(pattern: string, substitution: string): PathRewrite | string {
  if (!/^[^\p{Cc} ?#]*$/u.test(substitution)) return 'may not hold spaces, ? or #';
  let compiled: RE2JS;
  try {
    compiled = RE2JS.compile(pattern);
  } catch (error) {
    return `is no expression: ${(error as Error).message}`;
  }
  const groups = Array.from(substitution.matchAll(GROUP), ([, digit]) => Number(digit));
  const missing = groups.find((group) => group > compiled.groupCount());
  if (missing !== undefined) return `has no group ${missing}`;
  return (path) => (path === '*' ? path : `/${replaced(path, compiled, substitution).replace(/^\/+/, '')}`);
}

const GROUP = /\\(\d)/g;

function replaced(path: string, pattern: RE2JS, substitution: string): string {
  const matcher = pattern.matcher(path);
  let text = '';
  let done = 0;
  while (matcher.find()) {
    const made = substitution.replaceAll(GROUP, (_, digit: string) => matcher.group(Number(digit)) ?? '');
    text += path.slice(done, matcher.start()) + made;
    done = matcher.end();
  }
  return text + path.slice(done);
}

/** `/base` and the rest with one '/' between them; nothing is added to an empty rest. */
function join(base: string, rest: string): string {
  if (rest === '') return base;
  if (base !== '/' && rest.charCodeAt(0) === 0x3b) return base + rest;
  const head = base.endsWith('/') ? base : `${base}/`;
  let start = 0;
  while (rest.charCodeAt(start) === 0x2f) start++;
  return start === 0 ? head + rest : head + rest.slice(start);
}
