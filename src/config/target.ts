// `to` of a route: where an app is reached, and how heavily against its siblings. Written as a URL, as `url,weight` as
// Pomerium does, or as {url, weight}.
import { normalizeHostname } from '../core/hostname.ts';

export interface Target {
  /**
   * In normal form, without a trailing slash: `https://10.0.0.7:8443`, `http://app.internal`, `https+unix:///run/a.sock`.
   */
  readonly url: string;
  /** Positive; 1 where no target of the route has a weight. */
  readonly weight: number;
}

const FORMS = 'https://host:port, http://host:port, http+unix:///path, https+unix:///path or unix:/path';

/** Splits `url,weight`. The weight is absent where there is none, NaN where it is no number. */
export function splitWeight(text: string): { url: string; weight: number | undefined } {
  const comma = text.lastIndexOf(',');
  if (comma === -1) return { url: text, weight: undefined };
  const digits = text.slice(comma + 1).trim();
  return { url: text.slice(0, comma).trim(), weight: /^\d{1,9}$/.test(digits) ? Number(digits) : Number.NaN };
}

/** The normal form of an upstream's address; `fault` says why the text is none. */
export function parseTargetUrl(text: string): { url: string } | { fault: string } {
  const unix = /^(?:(https?)\+unix:\/\/|unix:(?:\/\/)?)(\/[^\p{Cc}?#]*)$/iu.exec(text);
  if (unix !== null) return { url: `${(unix[1] ?? 'http').toLowerCase()}+unix://${unix[2] ?? ''}` };
  const match = /^(https?):\/\/([^/?#]*)(.*)$/i.exec(text);
  if (match === null) return { fault: `'${text}' is not an address of an app: write ${FORMS}` };
  const [, scheme = '', authority = '', rest = ''] = match;
  if (rest !== '' && rest !== '/')
    return { fault: `'${text}' has a path: write ${scheme}://${authority} and use prefix_rewrite` };
  const port = /:(\d*)$/.exec(authority.endsWith(']') ? '' : authority);
  if (port !== null && !(Number(port[1]) >= 1 && Number(port[1]) <= 65_535))
    return { fault: `'${text}' has a bad port: write a number from 1 to 65535 or none` };
  const name = port === null ? authority : authority.slice(0, port.index);
  const host = normalizeHostname(name);
  if (host === undefined) return { fault: `'${name}' in '${text}' is not a host name` };
  const spelled = host.includes(':') ? `[${host}]` : host;
  return { url: `${scheme.toLowerCase()}://${spelled}${port === null ? '' : `:${Number(port[1])}`}` };
}
