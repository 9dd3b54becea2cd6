// The names that Sallyport itself speaks for, and the ones apps take for the proxy's word. Whatever a client sends under
// them is removed on every route, in any case and punctuation: apps and gateways fold `_`, `.` and `-` together
// (oauth2-proxy CVE-2025-64484, Caddy CVE-2026-30851, Traefik CVE-2026-33433).
import { foldName } from './fold-name.ts';

/** In folded form: lower-case letters and digits only. */
const NAMES = new Set([
  'forwarded',
  'xrealip',
  'xrequestid',
  'xclientip',
  'xclusterclientip',
  'trueclientip',
  'xoriginalforwardedfor',
  // Some frameworks take the path from these instead of from the request line: past the route that was matched.
  'xoriginalurl',
  'xrewriteurl',
  // HTTPoxy: becomes the environment variable HTTP_PROXY in CGI-like apps.
  'proxy',
]);

/** In folded form. Families whose every member tells an app who is calling or how. */
const PREFIXES = ['xforwarded', 'clientcert', 'xclientcert', 'sslclient', 'xssl', 'xpomerium', 'xsallyport'];

/** Whether only the proxy may say this to an app. */
export function isManagedName(name: string): boolean {
  const folded = foldName(name);
  return NAMES.has(folded) || PREFIXES.some((prefix) => folded.startsWith(prefix));
}
