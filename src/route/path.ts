// One reading of a request target, made before anything looks at it: the path that is matched is the path that is
// forwarded. Nothing is resolved silently; what two readers could read differently is refused or must lead to the same
// route either way (`reading`), since apps differ in what they do with `;`, `//` and encoded separators.
import type { ErrorCode } from '../core/errors.ts';
import { decodeUnreserved, readingOf } from './percent.ts';

/** Encoded characters that a route may let through (`unsafe_allow_encoded`), as the setting spells them. */
export type EncodedKind = '%2f' | '%5c' | '%2e' | '%00';

/** A set of EncodedKind, one bit each; 0 is none. */
export type EncodedSet = number;

export interface RequestPath {
  /** Begins with `/`, in normal form; or `*` (OPTIONS), or nothing (CONNECT). Matched and forwarded. */
  readonly path: string;
  /** With its `?`, as sent; '' when there is none. */
  readonly query: string;
  /**
   * How an app would read `path` that decodes every character, drops `;` parameters and merges slashes. Identical to
   * `path` where that makes no difference, which is nearly always. Never forwarded.
   */
  readonly reading: string;
  /** The encoded characters in the path that only a route which allows them may take. */
  readonly encoded: EncodedSet;
}

const SLASH = 0x2f;
const NO_ENCODED: EncodedSet = 0;

/** That of a CONNECT, which no pattern matches. */
export const NO_PATH: RequestPath = { path: '', query: '', reading: '', encoded: NO_ENCODED };

/**
 * Parses an origin-form target or `*`. Normal form: percent-encoded letters, digits, `-`, `_`, `~` (and `.`, which
 * needs leave) stand for themselves, hex digits are upper case (RFC 3986 6.2.2); parsing a result again changes nothing.
 * `bad_target`: not `/…`, a fragment, a control character, space or byte above 126. `bad_path`: a raw `\`, `%` without
 * two hex digits, or a dot segment in any disguise (`/..`, `/%2e%2e/`, `/..;x/`, `/a%2F..%2Fb`).
 */
export function parsePath(target: string): RequestPath | ErrorCode {
  if (target.charCodeAt(0) !== SLASH)
    return target === '*' ? { path: '*', query: '', reading: '*', encoded: NO_ENCODED } : 'bad_target';
  let end = target.length;
  let isPlain = true;
  let hasEscape = false;
  for (let i = 0; i < end; i++) {
    const code = target.charCodeAt(i);
    if (code <= 0x20 || code >= 0x7f || code === 0x23) return 'bad_target';
    if (code === 0x3f) {
      end = i;
      break;
    }
    if (code === 0x5c) return 'bad_path';
    if (code === 0x25) hasEscape = true;
    else if (code === 0x3b) isPlain = false;
    else if ((code === SLASH || code === 0x2e) && i > 0 && target.charCodeAt(i - 1) === SLASH)
      isPlain = false;
  }
  for (let i = end + 1; i < target.length; i++) {
    const code = target.charCodeAt(i);
    if (code <= 0x20 || code >= 0x7f || code === 0x23) return 'bad_target';
  }
  const path = end === target.length ? target : target.slice(0, end);
  const query = end === target.length ? '' : target.slice(end);
  if (isPlain && !hasEscape) return { path, query, reading: path, encoded: NO_ENCODED };
  return parseUnusual(path, query, hasEscape);
}

/** The rare path with an escape, a parameter, an empty segment or a segment that begins with a dot. */
function parseUnusual(raw: string, query: string, hasEscape: boolean): RequestPath | ErrorCode {
  const decoded = hasEscape ? decodeUnreserved(raw) : { path: raw, encoded: NO_ENCODED };
  if (decoded === undefined) return 'bad_path';
  const reading = readingOf(decoded.path);
  if (reading === undefined) return 'bad_path';
  return { path: decoded.path, query, reading, encoded: decoded.encoded };
}
