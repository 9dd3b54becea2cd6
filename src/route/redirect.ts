// The redirect action: a status and a Location. The location is always absolute, its host is the configured one or the
// normalised host of the request, its path is one that parsePath let through: no line break and no `//evil` gets in.
import { type Hostname, normalizeHostname } from '../core/hostname.ts';
import type { Issue } from '../core/issue.ts';
import type { PathMatcher } from './matcher.ts';
import type { RequestPath } from './path.ts';
import { parsePlainPath } from './plain-path.ts';
import { type PathRewrite, parsePrefixRewrite } from './rewrite.ts';
import type { RedirectSettings } from './settings.ts';

const STATUSES = new Set([301, 302, 303, 307, 308]);
const DEFAULT_PORT = { http: 80, https: 443 };

export interface Redirect {
  /** 301 unless configured. */
  readonly status: number;
  /**
   * The value of Location. `port` is that of the request's authority: kept unless scheme, host or port are configured.
   */
  location(host: Hostname, port: number | undefined, request: RequestPath): string;
}

/** Issues are pushed with paths relative to the route; undefined when there is an error among them. */
export function compileRedirect(
  settings: RedirectSettings,
  matcher: PathMatcher,
  issues: Issue[],
): Redirect | undefined {
  const before = issues.length;
  const fault = (key: keyof RedirectSettings, message: string) => {
    issues.push({ path: ['redirect', key], message });
  };
  const status = settings.response_code ?? 301;
  if (!STATUSES.has(status)) fault('response_code', `${status} is none of 301, 302, 303, 307, 308`);
  const scheme = schemeOf(settings, fault);
  const host = settings.host_redirect === undefined ? undefined : normalizeHostname(settings.host_redirect);
  if (settings.host_redirect !== undefined && host === undefined)
    fault('host_redirect', `'${settings.host_redirect}' is not a host name`);
  const port = settings.port_redirect;
  if (port !== undefined && !(Number.isInteger(port) && port >= 1 && port <= 65_535))
    fault('port_redirect', `${port} is not a port: write a number from 1 to 65535`);
  const rewrite = rewriteOf(settings, matcher, fault);
  if (scheme !== 'http' && host === undefined && port === undefined && rewrite === undefined)
    issues.push({
      path: ['redirect'],
      message: 'leads back to the same address for ever: every request here is https already',
      severity: settings.strip_query === true ? 'warning' : 'error',
    });
  if (issues.slice(before).some((issue) => issue.severity !== 'warning')) return undefined;

  const keepsPort = settings.scheme_redirect === undefined && host === undefined && port === undefined;
  const keepsQuery = settings.strip_query !== true;
  return {
    status,
    location(requestHost, requestPort, request) {
      const path = request.path === '*' ? '/' : request.path;
      const to = authority(host ?? requestHost, keepsPort ? requestPort : port, DEFAULT_PORT[scheme]);
      return `${scheme}://${to}${rewrite?.(path) ?? path}${keepsQuery ? request.query : ''}`;
    },
  };
}

type Fault = (key: keyof RedirectSettings, message: string) => void;

function schemeOf(settings: RedirectSettings, fault: Fault): 'http' | 'https' {
  const scheme = settings.scheme_redirect;
  if (scheme === undefined) return 'https';
  if (settings.https_redirect === true)
    fault('scheme_redirect', 'cannot stand beside https_redirect: remove one');
  if (scheme === 'http' || scheme === 'https') return scheme;
  fault('scheme_redirect', `'${scheme}' is neither http nor https`);
  return 'https';
}

function rewriteOf(settings: RedirectSettings, matcher: PathMatcher, fault: Fault): PathRewrite | undefined {
  const { path_redirect: whole, prefix_rewrite: prefix } = settings;
  if (whole !== undefined && prefix !== undefined) {
    fault('prefix_rewrite', 'cannot stand beside path_redirect: remove one');
    return undefined;
  }
  if (whole !== undefined) {
    const path = parsePlainPath(whole);
    if ('path' in path) return () => path.path;
    fault('path_redirect', path.fault);
  }
  if (prefix === undefined) return undefined;
  const rewrite = parsePrefixRewrite(prefix, matcher);
  if (typeof rewrite === 'function') return rewrite;
  fault('prefix_rewrite', rewrite);
  return undefined;
}

function authority(host: Hostname, port: number | undefined, defaultPort: number): string {
  const name = host.includes(':') ? `[${host}]` : host;
  return port === undefined || port === defaultPort ? name : `${name}:${port}`;
}
