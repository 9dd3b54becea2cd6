// Rules within one route: what goes with what. Over the route as written, so that a bad value hides none of them.
import { isForTunnel, isPassthrough } from '../core/from.ts';
import { isRawUrl } from '../core/target.ts';
import type { Issue, IssuePath } from '../core/issue.ts';
import { APP_TLS, INSTANCES } from './app-keys.ts';
import { parseDuration } from './duration.ts';
import { asMap, checkForms, checkPair, has, isTrue, type RawMap } from './rules.ts';
import { checkTunnel } from './tunnel-rules.ts';

const ACTIONS = ['to', 'redirect', 'response', 'enrol'];
const MATCHERS = ['prefix', 'path', 'regex'];

const OF_TLS = [...APP_TLS, 'allow_h2'];
const OF_APP = [
  ...OF_TLS,
  ...INSTANCES,
  'prefix_rewrite',
  'regex_rewrite_pattern',
  'regex_rewrite_substitution',
  'host_rewrite',
  'host_rewrite_header',
  'cors_allow_preflight',
  'preserve_host_header',
  'timeout',
  'idle_timeout',
  'max_response_body_bytes',
  'connect_timeout',
  'upstream_client',
  'upstream_pipelining',
  'allow_websockets',
  'allow_spdy',
  'allow_upgrades',
  'sticky_cookie',
  'identity_headers',
  'set_request_headers',
  'remove_request_headers',
  'pass_identity_headers',
  'hedge_after',
  'buffer_requests',
  'compress',
  'compress_types',
  'compress_min_bytes',
];
/** RFC 9110 7.6.1 and 6.4: the proxy frames, the route does not. */
const OF_CONNECTION = new Set([
  'connection',
  'content-length',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);
const NO_BODY = new Set([204, 205, 304]);

export function checkRoute(route: RawMap, at: IssuePath): Issue[] {
  const issues: Issue[] = [
    ...checkPair(route, at, 'tls_client_cert', 'tls_client_key'),
    ...checkForms(route, at, 'tls_custom_ca'),
    ...checkForms(route, at, 'tls_downstream_client_ca'),
    ...checkRedirect(asMap(route['redirect']), [...at, 'redirect'], has(route, 'redirect')),
    ...checkResponse(asMap(route['response']), [...at, 'response']),
  ];
  const say = (key: string, message: string): number => issues.push({ path: [...at, key], message });

  const actions = ACTIONS.filter((key) => has(route, key));
  if (actions.length === 0 && !ACTIONS.some((key) => key in route))
    issues.push({ path: at, message: 'says nothing to do: give one of to, redirect, response, enrol' });
  for (const extra of actions.slice(1))
    say(extra, `a route has one action: remove ${extra} or ${actions[0]}`);

  if (typeof route['from'] === 'string' && isPassthrough(route['from']))
    return [...issues, ...checkPassthrough(route, at)];
  if (typeof route['from'] === 'string' && isForTunnel(route['from']))
    return [...issues, ...checkTunnel(route, at, urlsOf(route['to']))];
  if (has(route, 'proxy_protocol')) say('proxy_protocol', 'goes with a route from tls:// or tcp+https://');
  if (urlsOf(route['to']).some(isRawUrl))
    say('to', 'tcp:// goes with a route from tls:// or tcp+https://, tls:// with one from tcp+https://');

  const matchers = MATCHERS.filter((key) => has(route, key));
  for (const extra of matchers.slice(1))
    say(extra, `a route matches paths in one way: remove ${extra} or ${matchers[0]}`);

  if (has(route, 'enrol')) {
    for (const key of matchers) say(key, 'enrol takes a whole host: remove this');
    if (/^https:\/\/\*/i.test(String(route['from']))) say('from', 'enrol takes one host: name it');
  }
  const hosts = ['preserve_host_header', 'host_rewrite', 'host_rewrite_header'].filter(
    (key) => has(route, key) && route[key] !== false,
  );
  for (const extra of hosts.slice(1)) say(extra, `an app gets one host: remove ${extra} or ${hosts[0]}`);
  if (has(route, 'regex_rewrite_pattern') && has(route, 'prefix_rewrite'))
    say('regex_rewrite_pattern', 'a path is rewritten in one way: remove this or prefix_rewrite');
  if (has(route, 'regex_rewrite_substitution') && !has(route, 'regex_rewrite_pattern'))
    say('regex_rewrite_substitution', 'goes with regex_rewrite_pattern');
  issues.push(...checkPassage(route, at));
  if (actions.length > 0 && !has(route, 'to'))
    for (const key of OF_APP) if (has(route, key)) say(key, `goes with to: this route asks no app`);
  if (has(route, 'to') && urlsOf(route['to']).every(isPlain))
    for (const key of OF_TLS)
      if (has(route, key))
        say(key, `goes with https:// or https+unix:// in to: this route speaks no TLS to its app`);
  if (has(route, 'to')) issues.push(...checkDns(route, at));
  return issues;
}

/** Over the hosts in `to`; a socket has none. */
function checkDns(route: RawMap, at: IssuePath): Issue[] {
  const urls = urlsOf(route['to']);
  const hasService = urls.some((url) => /^srv\+/i.test(url));
  const hasName = urls.some((url) => /^(?:https?|h2c):\/\/(?!\[|[\d.]+(?:[:/,]|$))/i.test(url));
  const isStrict = route['dns_type'] === 'STRICT_DNS';
  const issues: Issue[] = [];
  if (isStrict && !hasName)
    issues.push({ path: [...at, 'dns_type'], message: 'goes with a host name in to: there is none' });
  if (!isStrict && !hasService)
    for (const key of ['dns_refresh_rate', 'dns_failure_refresh_rate'])
      if (has(route, key))
        issues.push({
          path: [...at, key],
          message: 'goes with dns_type: STRICT_DNS, or srv+https:// in to: else each connection asks anew',
        });
  return issues;
}

/** How requests and answers pass. */
function checkPassage(route: RawMap, at: IssuePath): Issue[] {
  const issues: Issue[] = [];
  const say = (key: string, message: string): number => issues.push({ path: [...at, key], message });
  if (has(route, 'hedge_after')) {
    if (has(route, 'to') && isOneInstance(route))
      say('hedge_after', 'asks another instance: give a second one in to');
    if (has(route, 'sticky_cookie'))
      say('hedge_after', 'asks another instance than the cookie names: remove it or sticky_cookie');
    if (Number(asMap(route['circuit_breaker_thresholds'])['max_retries'] ?? 1) === 0)
      say('hedge_after', 'needs room for second tries: max_retries is 0');
    const [afterMs, timeoutMs] = [route['hedge_after'], route['timeout']].map((text) =>
      parseDuration(String(text)),
    );
    if (afterMs !== undefined && timeoutMs !== undefined && timeoutMs > 0 && afterMs >= timeoutMs)
      say('hedge_after', 'is not shorter than timeout: nobody else would ever be asked');
  }
  if (!has(route, 'compress'))
    for (const key of ['compress_types', 'compress_min_bytes'])
      if (has(route, key)) say(key, 'goes with compress');
  return issues;
}

/** One address in `to`, behind which there are no others. */
function isOneInstance(route: RawMap): boolean {
  const urls = urlsOf(route['to']);
  return urls.length === 1 && route['dns_type'] !== 'STRICT_DNS' && !/^srv\+/i.test(urls[0] ?? '');
}

function checkRedirect(redirect: RawMap, at: IssuePath, isThere: boolean): Issue[] {
  if (!isThere) return [];
  const issues: Issue[] = [];
  for (const [one, other] of [
    ['https_redirect', 'scheme_redirect'],
    ['path_redirect', 'prefix_rewrite'],
  ] as const)
    if (has(redirect, one) && has(redirect, other))
      issues.push({ path: [...at, other], message: `${one} and ${other} are both set: remove one` });
  // Every request comes by https, so https_redirect alone leads back to where it was.
  const moves =
    redirect['scheme_redirect'] === 'http' ||
    isTrue(redirect['strip_query']) ||
    ['host_redirect', 'port_redirect', 'path_redirect', 'prefix_rewrite'].some((key) => has(redirect, key));
  if (!moves)
    issues.push({
      path: at,
      message:
        'leads back to the same address: give host_redirect, port_redirect, path_redirect or prefix_rewrite',
    });
  return issues;
}

function checkResponse(response: RawMap, at: IssuePath): Issue[] {
  const issues: Issue[] = [];
  const { status, body } = response;
  if (NO_BODY.has(Number(status)) && typeof body === 'string' && body !== '')
    issues.push({
      path: [...at, 'body'],
      message: `an answer of status ${Number(status)} has no body: remove it`,
    });
  for (const name of Object.keys(asMap(response['headers'])))
    if (OF_CONNECTION.has(name.toLowerCase()))
      issues.push({ path: [...at, 'headers', name], message: `${name} is for the proxy to set: remove it` });
  return issues;
}

/** What a route may say whose requests are not seen. */
const OF_PASSTHROUGH = new Set([
  'name',
  'description',
  'from',
  'to',
  'connect_timeout',
  'idle_timeout',
  'proxy_protocol',
  'policy',
  'policy_mode',
  'allow_public_unauthenticated_access',
]);

function checkPassthrough(route: RawMap, at: IssuePath): Issue[] {
  const issues = Object.keys(route)
    .filter((key) => !OF_PASSTHROUGH.has(key))
    .map((key) => ({
      path: [...at, key],
      message: 'goes with https://: where TLS passes through, no request is seen',
    }));
  if (has(route, 'to') && !urlsOf(route['to']).every(isTcp))
    issues.push({ path: [...at, 'to'], message: 'where TLS passes through it goes to tcp://host:port' });
  return issues;
}

/** The addresses in `to`, in whichever form they were written. */
function urlsOf(to: unknown): string[] {
  return (Array.isArray(to) ? to : [to]).map((one) =>
    String(typeof one === 'string' ? one : asMap(one)['url']),
  );
}

const isTcp = (url: string): boolean => /^tcp:/i.test(url);

const isPlain = (url: string): boolean => /^(?:(?:srv\+)?http:|(?:srv\+)?h2c:|http\+unix:|unix:)/i.test(url);
