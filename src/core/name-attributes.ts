// Distinguished names taken apart again, from their text (RFC 4514).

/**
 * The values of each attribute, from the text that a certificate's facts have: `CN` -> ['Alice']. What has no name
 * there, or is no text, is left out.
 */
export function attributesOf(text: string): ReadonlyMap<string, readonly string[]> {
  const attributes = new Map<string, string[]>();
  for (const [, type = '', escaped = ''] of text.matchAll(
    /([A-Za-z][A-Za-z0-9]*)=((?:\\.|[^\\,+])*)(?:[,+]|$)/gsu,
  )) {
    if (escaped.startsWith('#')) continue;
    const value = escaped.replaceAll(/\\(.)/gsu, '$1');
    const others = attributes.get(type);
    if (others === undefined) attributes.set(type, [value]);
    else others.push(value);
  }
  return attributes;
}
