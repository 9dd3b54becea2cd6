// Paths as people write them in the configuration, brought to the normal form of request paths, so that `/café` there is
// the `/caf%C3%A9` that browsers send.
import { parsePath } from './path.ts';

/** The normal form; `fault` says why the text is no path that every app reads alike. */
export function parsePlainPath(text: string): { path: string } | { fault: string } {
  if (!text.startsWith('/')) return { fault: `'${text}' must begin with '/'` };
  if (/[?#]/.test(text)) return { fault: `'${text}' has a query or fragment, which is no part of a path` };
  if (/\p{Cc}/u.test(text)) return { fault: 'has control characters' };
  if (!text.isWellFormed()) return { fault: 'is not well-formed Unicode' };
  const parsed = parsePath(text.replace(/[^\x21-\x7e]+/g, encodeURIComponent));
  if (typeof parsed === 'string' || parsed.encoded !== 0 || parsed.reading !== parsed.path)
    return {
      fault: `'${text}' can be read in two ways: leave out '//', ';', '\\', dot segments and encoded punctuation`,
    };
  return { path: parsed.path };
}
