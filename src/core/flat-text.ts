// Strings that outlive what they were made from.

/**
 * A copy in one piece: V8 keeps a slice as a reference to the whole text that it was cut from, and a sum as a tree of its
 * parts. For latin1 text that is kept, or written again and again.
 */
export function flatText(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}
