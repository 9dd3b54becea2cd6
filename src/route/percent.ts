// Percent-encoding in paths (RFC 3986 2.1, 6.2.2): the one normal form, and the most liberal reading an app could make.
import type { EncodedKind, EncodedSet } from './path.ts';

const ESCAPE = /%([0-9A-Fa-f]{2})?/g;
const UNRESERVED = /[A-Za-z0-9._~-]/;
// Whether the separator belongs to the parameter or ends it depends on who reads: `/a;b%2Fc` is `/a` or `/a/c`.
const SEPARATOR_IN_PARAMETER = /(?:;|%3B)[^/]*(?:%2F|%5C)/;

const BIT: Readonly<Record<EncodedKind, EncodedSet>> = { '%2f': 1, '%5c': 2, '%2e': 4, '%00': 8 };
const BIT_OF_ESCAPE: ReadonlyMap<string, EncodedSet> = new Map(Object.entries(BIT));

export function encodedSet(kinds: readonly EncodedKind[]): EncodedSet {
  return kinds.reduce((set, kind) => set | (BIT[kind] ?? 0), 0);
}

/** Unreserved characters decoded, hex in upper case; undefined where a `%` has no two hex digits after it. */
export function decodeUnreserved(path: string): { path: string; encoded: EncodedSet } | undefined {
  let encoded = 0;
  let isValid = true;
  const normal = path.replace(ESCAPE, (escape: string, hex: string | undefined) => {
    if (hex === undefined) {
      isValid = false;
      return escape;
    }
    const upper = hex.toUpperCase();
    encoded |= BIT_OF_ESCAPE.get(escape.toLowerCase()) ?? 0;
    const char = String.fromCharCode(Number.parseInt(hex, 16));
    return UNRESERVED.test(char) ? char : `%${upper}`;
  });
  return isValid ? { path: normal, encoded } : undefined;
}

/**
 * The path as the most liberal app would read it: printable ASCII decoded once (`%25` stays), `\` taken for `/`,
 * `;` parameters dropped from every segment, empty segments merged. Undefined when a segment is then `.` or `..`, or
 * when liberal apps would not agree among themselves.
 */
export function readingOf(path: string): string | undefined {
  if (SEPARATOR_IN_PARAMETER.test(path)) return undefined;
  const bare = path
    .split(/[/\\]|%2F|%5C/)
    .map((segment) => decodePrintable(segment.replace(/;.*$/s, '')))
    .map((segment) => segment.replace(/;.*$/s, ''));
  if (bare.some((segment) => segment === '.' || segment === '..')) return undefined;
  const last = bare.length - 1;
  const kept = bare.filter((segment, i) => segment !== '' || i === 0 || i === last);
  const reading = kept.join('/');
  return reading === '' ? '/' : reading;
}

function decodePrintable(segment: string): string {
  return segment.replace(/%([2-7][0-9A-F])/g, (escape: string, hex: string) =>
    hex === '25' || hex === '7F' || hex === '20' ? escape : String.fromCharCode(Number.parseInt(hex, 16)),
  );
}
