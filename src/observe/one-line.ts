// What strangers send ends up in the log: it must stay on its line, and in a terminal it must stay text.

// JSON escapes what ends a line of JSON. These are the rest of what acts on a terminal or splits lines somewhere: DEL, C1
// controls (U+009B begins an escape sequence), line and paragraph separators, bidirectional overrides.
const UNSAFE_IN_JSON = /[\x7f-\x9f\u2028-\u202e\u2066-\u2069]/g;

const UNSAFE_IN_TEXT = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** The same JSON, with everything that a terminal would obey as `\uXXXX`. */
export function escapeJsonLine(line: string): string {
  // Nearly every line is ASCII, which native code can tell ten times faster than the expression.
  if (Buffer.byteLength(line) === line.length && !line.includes('\x7f')) return line;
  return line.replace(UNSAFE_IN_JSON, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** The same text, with U+FFFD for everything that a terminal would obey. */
export function plainText(text: string): string {
  return text.replace(UNSAFE_IN_TEXT, '\uFFFD');
}
