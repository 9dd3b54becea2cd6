// The last gate before the wire: a field that could begin another line never gets out, wherever it came from.
import { SallyportError } from '../core/errors.ts';
import type { FlatHeaders } from '../core/flat-headers.ts';
import { FIELD_VALUE, TOKEN } from './grammar.ts';

/**
 * Throws `internal` unless every name is a token and every value is latin1 without control characters. Characters over
 * 0xFF count as such: written as latin1 they would lose their upper half, and U+010A become a line feed.
 */
export function checkFields(fields: FlatHeaders): void {
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] as string;
    const value = fields[i + 1];
    if (value === undefined || name.length === 0 || !isAll(TOKEN, name) || !isAll(FIELD_VALUE, value))
      throw new SallyportError('internal', `field ${JSON.stringify(name)} cannot be written`);
  }
}

/** Throws `internal` unless every character of the text is in the table. */
export function checkText(table: Uint8Array, text: string, what: string): void {
  if (!isAll(table, text)) throw new SallyportError('internal', `${what} cannot be written`);
}

function isAll(table: Uint8Array, text: string): boolean {
  for (let i = 0; i < text.length; i++) if (table[text.charCodeAt(i)] !== 1) return false;
  return true;
}
