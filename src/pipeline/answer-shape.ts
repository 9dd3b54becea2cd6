// What a route changes about the header fields of an answer: set, removed, rewritten, and a safe few where the app says
// nothing. Compiled when the configuration is applied.

import { type CookieRewrite, rewriteCookie } from './cookie-rewrite.ts';

export interface AnswerShape {
  /** In lower case. */
  readonly removed: ReadonlySet<string>;
  /** In the place of whatever the app says. */
  readonly set: readonly (readonly [name: string, value: string])[];
  /** Where the app says nothing. */
  readonly missing: readonly (readonly [name: string, value: string])[];
  readonly rewritten: readonly HeaderRewrite[];
  /** Undefined: cookies pass as they are. */
  readonly cookies: CookieRewrite | undefined;
}

export interface HeaderRewrite {
  /** In lower case. */
  readonly header: string;
  /** What a value must begin with. */
  readonly prefix: string;
  /** What it begins with instead. */
  readonly value: string;
}

/** What browsers should be told where nobody says otherwise. */
export const SECURITY_HEADERS: AnswerShape['missing'] = [
  ['X-Content-Type-Options', 'nosniff'],
  ['X-Frame-Options', 'SAMEORIGIN'],
  ['Referrer-Policy', 'strict-origin-when-cross-origin'],
];

/** In place. */
export function shapeAnswer(
  fields: string[],
  { removed, set, missing, rewritten, cookies }: AnswerShape,
): void {
  const seen = new Set<string>();
  for (let i = fields.length - 2; i >= 0; i -= 2) {
    const name = (fields[i] ?? '').toLowerCase();
    if (removed.has(name)) {
      fields.splice(i, 2);
      continue;
    }
    seen.add(name);
    if (cookies !== undefined && name === 'set-cookie')
      fields[i + 1] = rewriteCookie(fields[i + 1] ?? '', cookies);
    for (const { header, prefix, value } of rewritten)
      if (header === name && fields[i + 1]?.startsWith(prefix) === true)
        fields[i + 1] = value + (fields[i + 1] ?? '').slice(prefix.length);
  }
  for (const [name, value] of missing) if (!seen.has(name.toLowerCase())) fields.push(name, value);
  for (const [name, value] of set) fields.push(name, value);
}
