// What a route for CONNECT may say: of a tunnel nothing is seen but who asks for it, and bytes.
import { isRawUrl } from '../core/target.ts';
import type { Issue, IssuePath } from '../core/issue.ts';
import { APP_TLS, INSTANCES } from './app-keys.ts';
import { type RawMap, asMap, has } from './rules.ts';

const OF_TUNNEL = new Set([
  ...INSTANCES,
  'name',
  'description',
  'from',
  'to',
  'connect_timeout',
  'websocket_idle_timeout',
  'websocket_max_duration',
  'proxy_protocol',
  'policy',
  'policy_mode',
  'allow_public_unauthenticated_access',
  'rate_limits',
  'maintenance',
  'maintenance_retry_after',
  'show_error_details',
  'refusal_template_file',
  'tls_downstream_client_ca',
  'tls_downstream_client_ca_file',
]);
const OF_TLS = new Set([...APP_TLS, 'tls_client_key_file', 'tls_client_key']);
/** Instead of a setting that is for requests. */
const INSTEAD: Readonly<Record<string, string>> = {
  idle_timeout: 'websocket_idle_timeout',
  timeout: 'connect_timeout',
};

/** `urls`: the addresses in `to`. */
export function checkTunnel(route: RawMap, at: IssuePath, urls: readonly string[]): Issue[] {
  const issues: Issue[] = [];
  const say = (path: IssuePath, message: string): number => issues.push({ path: [...at, ...path], message });
  const hasTls = urls.some((url) => /^tls:/i.test(url));
  for (const key of Object.keys(route)) {
    const instead = INSTEAD[key];
    if (OF_TLS.has(key) && !hasTls) say([key], 'goes with tls:// in to: this route speaks no TLS to its app');
    else if (instead !== undefined)
      say([key], `is about requests, and a tunnel carries none: write ${instead}`);
    else if (!OF_TUNNEL.has(key) && !OF_TLS.has(key))
      say([key], 'goes with https://: of a tunnel no request is seen');
  }
  if (has(route, 'to') && !urls.every(isRawUrl))
    say(['to'], 'a tunnel leads to tcp://host:port, or to tls://host:port');
  const checks = route['health_checks'];
  for (const [index, check] of (Array.isArray(checks) ? checks : []).entries())
    if (!has(asMap(check), 'tcp_health_check'))
      say(['health_checks', index], 'of a tunnel only a connection can be looked at: write tcp_health_check');
  return issues;
}
