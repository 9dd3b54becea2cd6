// The alphabets of RFC 9110 and 9112 as byte tables: `TABLE[byte] === 1` says whether the byte may stand there.
// Nothing in this room asks a regular expression what a table can answer.

const ALPHANUMERIC = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

function alphabet(characters: string): Uint8Array {
  const table = new Uint8Array(256);
  for (let i = 0; i < characters.length; i++) table[characters.charCodeAt(i)] = 1;
  return table;
}

function range(table: Uint8Array, from: number, to: number): Uint8Array {
  return table.fill(1, from, to + 1);
}

function without(table: Uint8Array, characters: string): Uint8Array {
  const rest = table.slice();
  for (let i = 0; i < characters.length; i++) rest[characters.charCodeAt(i)] = 0;
  return rest;
}

export const CR = 0x0d;
export const LF = 0x0a;
export const SP = 0x20;
export const HTAB = 0x09;

/** RFC 9110 5.6.2. */
export const TOKEN = alphabet(`${ALPHANUMERIC}!#$%&'*+-.^_\`|~`);

/** The part of TOKEN that no application folds into another name. */
export const PLAIN_NAME = alphabet(`${ALPHANUMERIC}-`);

/** HTAB, SP, VCHAR and obs-text (RFC 9110 5.5): every byte but the control characters. */
export const FIELD_VALUE = range(range(alphabet('\t'), 0x20, 0x7e), 0x80, 0xff);

/** Methods are case-sensitive tokens; all registered ones are capitals and hyphens, and nothing else passes. */
export const METHOD = alphabet('ABCDEFGHIJKLMNOPQRSTUVWXYZ-');

/** What clients leave unencoded in a query: more than RFC 3986 has, as browsers do (WHATWG URL), but no fragment. */
export const QUERY = without(range(alphabet(''), 0x21, 0x7e), '"#<>');

/** As QUERY without the backslash, which some applications read as a slash. */
export const PATH = without(QUERY, '\\');

/** A host and port as this proxy accepts them: letters, digits, and no percent-encoding. */
export const AUTHORITY = alphabet(`${ALPHANUMERIC}-._:[]`);

/** Value of a hex digit, 255 for every other byte. */
export const HEX = new Uint8Array(256).fill(255);
for (let i = 0; i < 16; i++) {
  HEX[i.toString(16).charCodeAt(0)] = i;
  HEX[i.toString(16).toUpperCase().charCodeAt(0)] = i;
}

/** Whether the text is not empty and every character is in the table. */
export function isMadeOf(table: Uint8Array, text: string): boolean {
  for (let i = 0; i < text.length; i++) if (table[text.charCodeAt(i)] !== 1) return false;
  return text.length > 0;
}
