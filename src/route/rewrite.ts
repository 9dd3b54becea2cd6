// prefix_rewrite: another path for the upstream, made from the one that was matched. The result always begins with
// exactly one '/', so it can never be taken for an authority (`//evil`).
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

/** `/base` and the rest with one '/' between them; nothing is added to an empty rest. */
function join(base: string, rest: string): string {
  if (rest === '') return base;
  if (base !== '/' && rest.charCodeAt(0) === 0x3b) return base + rest;
  const head = base.endsWith('/') ? base : `${base}/`;
  let start = 0;
  while (rest.charCodeAt(start) === 0x2f) start++;
  return start === 0 ? head + rest : head + rest.slice(start);
}
