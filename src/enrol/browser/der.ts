// Writes DER (X.690), and reads as much of it as finds the certificates in an answer. Runs in browsers.

/** Bytes of their own, as WebCrypto wants them. */
export type Bytes = Uint8Array<ArrayBuffer>;

export const TAG = {
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  bmpString: 0x1e,
  sequence: 0x30,
  set: 0x31,
  /** `[0]`, constructed. */
  zero: 0xa0,
  /** `[0]` of bytes. */
  zeroBytes: 0x80,
} as const;

export function concat(...parts: readonly Uint8Array[]): Bytes {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** An element around its content. */
export function element(tag: number, ...content: readonly Uint8Array[]): Bytes {
  const inner = concat(...content);
  return concat(Uint8Array.of(tag, ...lengthBytes(inner.length)), inner);
}

export const sequence = (...content: readonly Uint8Array[]): Bytes => element(TAG.sequence, ...content);

/** A number from 0 to 2^31 - 1. */
export function integer(value: number): Bytes {
  const bytes: number[] = [];
  for (let rest = value; bytes.length === 0 || rest > 0; rest >>= 8) bytes.unshift(rest & 0xff);
  if ((bytes[0] ?? 0) >= 0x80) bytes.unshift(0);
  return element(TAG.integer, Uint8Array.from(bytes));
}

/** An object identifier as dotted text; arcs below 2^31. */
export function oid(text: string): Bytes {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number);
  const bytes = [first * 40 + second];
  for (const arc of rest) {
    const digits = [arc & 0x7f];
    for (let left = arc >> 7; left > 0; left >>= 7) digits.unshift((left & 0x7f) | 0x80);
    bytes.push(...digits);
  }
  return element(0x06, Uint8Array.from(bytes));
}

function lengthBytes(length: number): number[] {
  if (length < 0x80) return [length];
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest >>= 8) bytes.unshift(rest & 0xff);
  return [0x80 | bytes.length, ...bytes];
}

export interface Read {
  readonly tag: number;
  /** The element with its tag and length, and its content alone. */
  readonly whole: Bytes;
  readonly content: Bytes;
}

/** The elements of a content, in order. Throws a RangeError on what is no DER. */
export function elements(content: Bytes): Read[] {
  const found: Read[] = [];
  for (let at = 0; at < content.length;) {
    const tag = byte(content, at);
    const first = byte(content, at + 1);
    let from = at + 2;
    let length = first;
    if (first >= 0x80) {
      const count = first & 0x7f;
      if (count === 0 || count > 3) throw new RangeError('a length that is not definite');
      length = 0;
      for (let i = 0; i < count; i++) length = length * 256 + byte(content, from++);
    }
    const to = from + length;
    if (to > content.length) throw new RangeError('an element beyond the end of what holds it');
    found.push({ tag, whole: content.slice(at, to), content: content.slice(from, to) });
    at = to;
  }
  return found;
}

function byte(bytes: Bytes, at: number): number {
  const value = bytes[at];
  if (value === undefined) throw new RangeError('ends too early');
  return value;
}

/** The certificates in a certs-only PKCS #7 (RFC 5652 5.1). */
export function certificatesIn(pkcs7: Bytes): Bytes[] {
  const [contentInfo] = elements(pkcs7);
  const [, explicit] = contentInfo === undefined ? [] : elements(contentInfo.content);
  const [signedData] = explicit === undefined ? [] : elements(explicit.content);
  const parts = signedData === undefined ? [] : elements(signedData.content);
  const set = parts.find(({ tag }) => tag === TAG.zero);
  return set === undefined ? [] : elements(set.content).map(({ whole }) => whole);
}
