// Text from a certificate as it may stand in a header: printable ASCII, and nothing in it that a reader could take for
// the end of the value.

/**
 * An RFC 4514 string that can stand in quotes. Readers differ over what `\\"` ends, so neither a quote nor a backslash
 * before one is ever written: both become hex pairs, which RFC 4514 means the same by. All of it ASCII.
 */
export function escapeSubject(text: string): string {
  return text
    .replaceAll(/\\(["\\])|"|\\$/g, (match, escaped: string | undefined) =>
      escaped === '"' || match === '"' ? '\\22' : '\\5C',
    )
    .replaceAll(/[^\x20-\x7e]+/g, (run) => hexPairs(run, '\\'));
}

/** A name in a URI or DNS pair: unusual characters as percent pairs, quoted where a reader could see a separator. */
export function quoteName(text: string): string {
  const plain = text.replaceAll(/[^\x21-\x7e]+|["\\]/g, (run) => hexPairs(run, '%'));
  return /[,;=]/.test(plain) ? `"${plain}"` : plain;
}

function hexPairs(text: string, mark: string): string {
  const bytes = [...Buffer.from(text)];
  return bytes.map((byte) => mark + byte.toString(16).toUpperCase().padStart(2, '0')).join('');
}

/** One of several names between commas: a comma, like everything unusual, is a percent pair. */
export function escapeName(text: string): string {
  return text.replaceAll(/[^\x21-\x7e]+|[%,"\\]/g, (run) => hexPairs(run, '%'));
}

/** A value that stands alone: what is beyond printable ASCII is percent pairs, and so is `%`. */
export function escapeText(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]+|%|^ | $/g, (run) => hexPairs(run, '%'));
}
