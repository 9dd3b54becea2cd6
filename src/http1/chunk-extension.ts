// Chunk extensions (RFC 9112 7.1.1): nobody uses them and they are never passed on, but their syntax is judged, since a
// parser that reads them loosely and one that reads them strictly see two different requests (CVE-2025-22871).
import { FIELD_VALUE, TOKEN } from './grammar.ts';

/** `name` is where a state begins: behind the semicolon. */
export const EXTENSION_START = 0;
const NAME = 1;
const VALUE_START = 2;
const VALUE = 3;
const QUOTED = 4;
const ESCAPED = 5;
const QUOTED_END = 6;

const SEMICOLON = 0x3b;
const EQUALS = 0x3d;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const MALFORMED = -1;

/** The state after this byte, or -1 where it may not stand. White space is not allowed, nor are bytes over 0x7E. */
export function nextExtensionState(state: number, byte: number): number {
  switch (state) {
    case EXTENSION_START:
      return TOKEN[byte] === 1 ? NAME : MALFORMED;
    case NAME:
      return TOKEN[byte] === 1 ? NAME : byte === EQUALS ? VALUE_START : afterValue(byte);
    case VALUE_START:
      return TOKEN[byte] === 1 ? VALUE : byte === QUOTE ? QUOTED : MALFORMED;
    case VALUE:
      return TOKEN[byte] === 1 ? VALUE : afterValue(byte);
    case QUOTED:
      return byte === QUOTE
        ? QUOTED_END
        : byte === BACKSLASH
          ? ESCAPED
          : isQuotable(byte)
            ? QUOTED
            : MALFORMED;
    case ESCAPED:
      return isQuotable(byte) ? QUOTED : MALFORMED;
    default:
      return afterValue(byte);
  }
}

/** Whether the line may end in this state. */
export function mayExtensionEnd(state: number): boolean {
  return state === NAME || state === VALUE || state === QUOTED_END;
}

function afterValue(byte: number): number {
  return byte === SEMICOLON ? EXTENSION_START : MALFORMED;
}

function isQuotable(byte: number): boolean {
  return FIELD_VALUE[byte] === 1 && byte < 0x7f;
}
