// Fields that have no business behind a body: whoever reads trailers as headers would let them change framing, routing,
// credentials or identity after these were judged (RFC 9110 6.5.1).
import { foldName } from '../core/fold-name.ts';
import { isManagedName } from '../core/managed-names.ts';

/** Folded names, whole. */
const NAMES: ReadonlySet<string> = new Set(
  [
    ['host', 'connection', 'keepalive', 'te', 'trailer', 'transferencoding', 'upgrade', 'http2settings'],
    ['authorization', 'authenticationinfo', 'wwwauthenticate', 'cookie', 'setcookie', 'origin', 'referer'],
    [
      'cachecontrol',
      'pragma',
      'expect',
      'maxforwards',
      'range',
      'age',
      'date',
      'expires',
      'location',
      'vary',
    ],
    ['ifmatch', 'ifnonematch', 'ifmodifiedsince', 'ifunmodifiedsince', 'ifrange', 'retryafter', 'warning'],
    ['traceparent', 'tracestate', 'via', 'from', 'remoteuser'],
    ['xhttpmethodoverride', 'xhttpmethod', 'xmethodoverride'],
  ].flat(),
);

/** Beginnings of folded names. */
const FAMILIES = ['content', 'proxy', 'sec'];

/**
 * Whether a trailer of this name must not be passed on: these, and whatever only the proxy may say. Punctuation and case
 * do not hide it.
 */
export function isForbiddenTrailer(name: string): boolean {
  const folded = foldName(name);
  return NAMES.has(folded) || isManagedName(name) || FAMILIES.some((family) => folded.startsWith(family));
}
