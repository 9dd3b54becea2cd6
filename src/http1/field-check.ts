// The last gate before the wire: a field that could begin another line never gets out, wherever it came from.
import { SallyportError } from '../core/errors.ts';
import type { FlatHeaders } from '../core/flat-headers.ts';
import { flatText } from '../core/flat-text.ts';
import { isMadeOf, TOKEN } from './grammar.ts';

/** What FIELD_VALUE lacks. Compiled code reads a string four times as fast as a loop over its characters. */
const NOT_FIELD_VALUE = /[^\t\x20-\x7e\x80-\xff]/;

/** Names that were good. Bounded, since clients choose them. */
const goodNames = new Set<string>();
const MAX_GOOD_NAMES = 2_000;

/**
 * Throws `internal` unless every name is a token and every value is latin1 without control characters. Characters over
 * 0xFF count as such: written as latin1 they would lose their upper half, and U+010A become a line feed.
 */
export function checkFields(fields: FlatHeaders): void {
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] as string;
    const value = fields[i + 1];
    if (value === undefined || NOT_FIELD_VALUE.test(value) || !isGoodName(name))
      throw new SallyportError('internal', `field ${JSON.stringify(name)} cannot be written`);
  }
}

function isGoodName(name: string): boolean {
  if (goodNames.has(name)) return true;
  const isGood = isMadeOf(TOKEN, name);
  if (isGood && goodNames.size < MAX_GOOD_NAMES) goodNames.add(flatText(name));
  return isGood;
}

/** Throws `internal` unless the text is not empty and every character of it is in the table. */
export function checkText(table: Uint8Array, text: string, what: string): void {
  if (!isMadeOf(table, text)) throw new SallyportError('internal', `${what} cannot be written`);
}
