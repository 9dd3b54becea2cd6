// From a route's settings to the route itself, or to every reason why it is none.
import { parseFrom, tunnelPort } from '../core/from.ts';
import type { HostPattern } from '../core/host-map.ts';
import type { Issue } from '../core/issue.ts';
import {
  anyPath,
  parseExactPath,
  type PathMatcher,
  parsePrefix,
  parseRegex,
  tunnelMatcher,
} from './matcher.ts';
import { encodedSet } from './percent.ts';
import { compileRedirect } from './redirect.ts';
import { parsePrefixRewrite, parseRegexRewrite, prefixRestore } from './rewrite.ts';
import type { Route, RouteAction } from './route.ts';
import type { RouteSettings } from './settings.ts';
import { compileStaticResponse } from './static-response.ts';

export interface CompiledRoute<Parts> {
  /** Undefined when an issue is an error. */
  readonly route: Route<Parts> | undefined;
  /** Paths are relative to the route: `['redirect', 'port_redirect']`. */
  readonly issues: readonly Issue[];
}

/** What most routes do: one object for all of them. */
const plainForward: RouteAction = { kind: 'forward', rewrite: undefined };

export function compileRoute<Parts>(
  settings: RouteSettings,
  index: number,
  parts: Parts,
): CompiledRoute<Parts> {
  const issues: Issue[] = [];
  const host = compileHost(settings.from, issues);
  const port = host === undefined ? undefined : tunnelPort(settings.from);
  const matcher = port === undefined ? compileMatcher(settings, issues) : tunnelMatcher(port);
  const action =
    port !== undefined
      ? ({ kind: 'tunnel', port } as const)
      : matcher && compileAction(settings, matcher, issues);
  if (host === undefined || matcher === undefined || action === undefined)
    return { route: undefined, issues };
  if (issues.some((issue) => issue.severity !== 'warning')) return { route: undefined, issues };
  const id = routeId(host, matcher);
  const route = {
    id,
    index,
    name: settings.name ?? id,
    from: settings.from,
    host,
    matcher,
    action,
    allowEncoded: encodedSet(settings.unsafe_allow_encoded ?? []),
    parts,
  };
  return { route, issues };
}

/** `app.example.com`, `*.example.com prefix:/api`: one text a host pattern and path pattern. */
function routeId(host: HostPattern, matcher: PathMatcher): string {
  const name = host.kind === 'wildcard' ? `*.${host.host}` : host.host;
  return matcher.kind === 'any' ? name : `${name} ${matcher.kind}:${matcher.pattern}`;
}

function compileHost(from: string, issues: Issue[]): HostPattern | undefined {
  const pattern = parseFrom(from);
  if (typeof pattern !== 'string') return pattern;
  issues.push({ path: ['from'], message: pattern });
  return undefined;
}

function compileMatcher(settings: RouteSettings, issues: Issue[]): PathMatcher | undefined {
  const given = (['path', 'prefix', 'regex'] as const).filter((key) => settings[key] !== undefined);
  const [key, other] = given;
  if (key === undefined) return anyPath;
  if (other !== undefined) {
    issues.push({ path: [other], message: `cannot stand beside ${key}: keep one, or write two routes` });
    return undefined;
  }
  const text = settings[key] ?? '';
  const parse = { path: parseExactPath, prefix: parsePrefix, regex: parseRegex }[key];
  const matcher = parse(text);
  if (typeof matcher !== 'string') return matcher;
  issues.push({ path: [key], message: matcher });
  return undefined;
}

function compileAction(
  settings: RouteSettings,
  matcher: PathMatcher,
  issues: Issue[],
): RouteAction | undefined {
  const given = (['to', 'redirect', 'response', 'enrol'] as const).filter(
    (key) => settings[key] !== undefined,
  );
  const [kind, other] = given;
  if (kind === undefined) {
    issues.push({ path: [], message: 'leads nowhere: give it one of to, redirect, response or enrol' });
    return undefined;
  }
  if (other !== undefined) {
    issues.push({ path: [other], message: `cannot stand beside ${kind}: keep one` });
    return undefined;
  }
  if (kind !== 'to' && settings.prefix_rewrite !== undefined)
    issues.push({ path: ['prefix_rewrite'], message: `has no effect beside ${kind}: remove it` });
  if (settings.redirect !== undefined) {
    const redirect = compileRedirect(settings.redirect, matcher, issues);
    return redirect && { kind: 'redirect', redirect };
  }
  if (settings.response !== undefined) {
    const response = compileStaticResponse(settings.response, issues);
    return response && { kind: 'response', response };
  }
  if (kind === 'enrol') return { kind };
  return compileForward(settings, matcher, issues);
}

function compileForward(
  settings: RouteSettings,
  matcher: PathMatcher,
  issues: Issue[],
): RouteAction | undefined {
  const { prefix_rewrite: prefix, regex_rewrite_pattern: pattern } = settings;
  if (pattern !== undefined) {
    const rewrite = parseRegexRewrite(pattern, settings.regex_rewrite_substitution ?? '');
    if (typeof rewrite === 'function') return { kind: 'forward', rewrite };
    issues.push({ path: ['regex_rewrite_pattern'], message: rewrite });
    return undefined;
  }
  if (prefix === undefined) return plainForward;
  const rewrite = parsePrefixRewrite(prefix, matcher);
  if (typeof rewrite === 'function')
    return { kind: 'forward', rewrite, restore: prefixRestore(prefix, matcher) };
  issues.push({ path: ['prefix_rewrite'], message: rewrite });
  return undefined;
}
