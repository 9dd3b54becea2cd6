// The four forms of a request target (RFC 9112 3.2), brought to the two that the rest of the proxy knows: origin form
// and `*`. What the target says about the host comes out beside it.
import { SallyportError } from '../core/errors.ts';

export interface RequestTarget {
  /** Of an absolute or authority form, as sent; undefined where only Host tells. */
  readonly authority: string | undefined;
  /** `/path?query` or `*`; for CONNECT the authority itself. */
  readonly target: string;
}

/** `text` has target characters only. Throws bad_target: a CONNECT to a path, `*` for another method than OPTIONS… */
export function parseRequestTarget(method: string, text: string): RequestTarget {
  if (method === 'CONNECT') {
    if (!/:\d+$/.test(text)) throw new SallyportError('bad_target', 'CONNECT without host and port');
    return { authority: text, target: text };
  }
  if (text.startsWith('/')) return { authority: undefined, target: text };
  if (text === '*') {
    if (method !== 'OPTIONS') throw new SallyportError('bad_target', `* with ${method}`);
    return { authority: undefined, target: '*' };
  }
  return parseAbsoluteForm(method, text);
}

function parseAbsoluteForm(method: string, text: string): RequestTarget {
  const scheme = text.slice(0, text.indexOf(':') + 3).toLowerCase();
  if (scheme !== 'http://' && scheme !== 'https://')
    throw new SallyportError('bad_target', 'neither a path nor an http(s) URI');
  const rest = text.slice(scheme.length);
  const end = rest.search(/[/?]/);
  if (end === -1) return { authority: rest, target: method === 'OPTIONS' ? '*' : '/' };
  const target = rest.slice(end);
  return { authority: rest.slice(0, end), target: target.startsWith('/') ? target : `/${target}` };
}
