// From settings about answers, and about the host that an app gets, to what the pipeline does with them.
import type { Config, RouteConfig } from '../config/schema.ts';
import { type AnswerShape, SECURITY_HEADERS } from '../pipeline/answer-shape.ts';
import type { CookieRewrite } from '../pipeline/cookie-rewrite.ts';
import type { AppHost, RouteParts } from '../pipeline/served-route.ts';

/** Undefined where answers pass as they are. */
export function answerShapeOf(route: RouteConfig, config: Config): AnswerShape | undefined {
  const set = { ...config.set_response_headers, ...route.set_response_headers };
  const removed = [...(config.remove_response_headers ?? []), ...(route.remove_response_headers ?? [])];
  const rewritten = route.rewrite_response_headers ?? [];
  const cookies = cookieRewriteOf(route);
  const isSafe = route.security_headers ?? config.security_headers;
  const names = Object.keys(set);
  const isShaped = names.length + removed.length + rewritten.length > 0 || cookies !== undefined;
  if (!isShaped && !isSafe) return undefined;
  return {
    removed: new Set([...removed, ...names]),
    set: Object.entries(set),
    missing: isSafe ? SECURITY_HEADERS : [],
    rewritten,
    cookies,
  };
}

/** Undefined: the route is in service. */
export function maintenanceOf(route: RouteConfig): RouteParts['maintenance'] {
  const { maintenance, maintenance_retry_after: ms } = route;
  return maintenance ? { retryAfterSeconds: ms === undefined ? undefined : Math.ceil(ms / 1000) } : undefined;
}

function cookieRewriteOf({ rewrite_cookies: rules }: RouteConfig): CookieRewrite | undefined {
  if (rules === undefined) return undefined;
  const domains = Object.entries(rules.domain ?? {});
  return {
    domains: new Map(domains.map(([from, to]) => [from.toLowerCase().replace(/^\./, ''), to])),
    paths: Object.entries(rules.path ?? {}),
  };
}

export function appHostOf(route: RouteConfig): AppHost {
  const { host_rewrite: fixed, host_rewrite_header: header, preserve_host_header: isKept } = route;
  if (fixed !== undefined) return { fixed };
  if (header !== undefined) return { header };
  return isKept ? 'client' : 'own';
}
