// Whether another site may have had a browser make this request. Whoever can have requests made that an answer repeats,
// and can see how long that answer is on the wire, reads the secrets in it from how well it compresses (BREACH,
// CVE-2013-3587). So answers to such requests are not compressed; in doubt a request counts as one.
import { headerValue, headerValues } from '../core/flat-headers.ts';
import type { RequestHead } from '../exchange/exchange.ts';

export function mayBeOfOtherSite(request: RequestHead): boolean {
  const { headers } = request;
  const sites = headerValues(headers, 'sec-fetch-site');
  // `same-site` is another origin, too: a neighbour's host, perhaps one that somebody has taken over.
  if (sites.length > 0) return !sites.every((site) => site === 'same-origin' || site === 'none');
  const source = headerValue(headers, 'origin') ?? headerValue(headers, 'referer');
  if (source !== undefined) return !isOwnOrigin(source, request.authority);
  // Browsers before 2023 do not say, and a page can have them leave out the Referer. All of them say this, and scripts
  // cannot have them say anything else to another site; what is not a browser follows nobody's links.
  return /mozilla/i.test(headerValue(headers, 'user-agent') ?? '');
}

function isOwnOrigin(source: string, authority: string): boolean {
  const [theirs, own] = [URL.parse(source), URL.parse(`https://${authority}`)];
  return theirs !== null && theirs.protocol === 'https:' && theirs.host === own?.host;
}
