// Triple DES in CBC mode (FIPS 46-3, SP 800-67), which WebCrypto has not and the Keychain of macOS wants for a .p12. Bit by
// bit and slow, for one kilobyte; what it guards has a random password of 100 bits. Encrypts only. Runs in browsers.
import type { Bytes } from './der.ts';

const INITIAL = [58, 60, 62, 64, 57, 59, 61, 63].flatMap((first) => ramp(first));
const FINAL = INITIAL.map((_, at) => INITIAL.indexOf(at + 1) + 1);
const EXPANSION = [0, 4, 8, 12, 16, 20, 24, 28].flatMap((at) =>
  [31, 0, 1, 2, 3, 4].map((step) => ((at + step) % 32) + 1),
);
const ROUND = [
  16, 7, 20, 21, 29, 12, 28, 17, 1, 15, 23, 26, 5, 18, 31, 10, 2, 8, 24, 14, 32, 27, 3, 9, 19, 13, 30, 6, 22,
  11, 4, 25,
];
const KEY = [
  57, 49, 41, 33, 25, 17, 9, 1, 58, 50, 42, 34, 26, 18, 10, 2, 59, 51, 43, 35, 27, 19, 11, 3, 60, 52, 44, 36,
  63, 55, 47, 39, 31, 23, 15, 7, 62, 54, 46, 38, 30, 22, 14, 6, 61, 53, 45, 37, 29, 21, 13, 5, 28, 20, 12, 4,
];
const ROUND_KEY = [
  14, 17, 11, 24, 1, 5, 3, 28, 15, 6, 21, 10, 23, 19, 12, 4, 26, 8, 16, 7, 27, 20, 13, 2, 41, 52, 31, 37, 47,
  55, 30, 40, 51, 45, 33, 48, 44, 49, 39, 56, 34, 53, 46, 42, 50, 36, 29, 32,
];
const SHIFTS = [1, 1, 2, 2, 2, 2, 2, 2, 1, 2, 2, 2, 2, 2, 2, 1];
/** A hex digit for each value: four rows of sixteen a box. */
const BOXES = [
  'e4d12fb83a6c59070f74e2d1a6cb953841e8d62bfc973a50fc8249175b3ea06d',
  'f18e6b34972dc05a3d47f28ec01a69b50e7ba4d158c6932fd8a13f42b67c05e9',
  'a09e63f51dc7b428d709346a285ecbf1d6498f30b12c5ae71ad069874fe3b52c',
  '7de3069a1285bc4fd8b56f03472c1ae9a690cb7df13e52843f06a1d8945bc72e',
  '2c417ab6853fd0e9eb2c47d150fa3986421bad78f9c5630eb8c71e2d6f09a453',
  'c1af92680d34e75baf427c9561de0b389ef528c3704a1db6432c95fabe17608d',
  '4b2ef08d3c975a61d0b7491ae35c2f8614bdc37eaf6805926bd814a7950fe23c',
  'd2846fb1a93e50c71fd8a374c56b0e927b419ce206adf35821e74a8dfc90356b',
];

type Bits = readonly number[];

/** Pads to whole blocks of eight (RFC 8018 6.1.1). `key`: 24 bytes; `iv`: 8. */
export function encryptTripleDes(key: Uint8Array, iv: Uint8Array, data: Uint8Array): Bytes {
  const [one, two, three] = [0, 8, 16].map((at) => roundKeys(bitsOf(key.subarray(at, at + 8))));
  if (one === undefined || two === undefined || three === undefined) throw new RangeError('no key');
  const padding = 8 - (data.length % 8);
  const out = new Uint8Array(data.length + padding).fill(padding);
  out.set(data);
  let previous = bitsOf(iv);
  for (let at = 0; at < out.length; at += 8) {
    const block = xor(bitsOf(out.subarray(at, at + 8)), previous);
    previous = des(des(des(block, one), two.toReversed()), three);
    out.set(bytesOf(previous), at);
  }
  return out;
}

function des(block: Bits, keys: readonly Bits[]): Bits {
  const start = pick(block, INITIAL);
  let [left, right]: [Bits, Bits] = [start.slice(0, 32), start.slice(32)];
  for (const key of keys) [left, right] = [right, xor(left, mixed(right, key))];
  return pick([...right, ...left], FINAL);
}

function mixed(half: Bits, key: Bits): Bits {
  const wide = xor(pick(half, EXPANSION), key);
  const narrow = BOXES.flatMap((box, index) => {
    const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = wide.slice(index * 6, index * 6 + 6);
    const value = Number.parseInt(box.charAt((a * 2 + f) * 16 + b * 8 + c * 4 + d * 2 + e), 16);
    return [value >> 3, (value >> 2) & 1, (value >> 1) & 1, value & 1];
  });
  return pick(narrow, ROUND);
}

function roundKeys(key: Bits): Bits[] {
  const start = pick(key, KEY);
  let [left, right]: [Bits, Bits] = [start.slice(0, 28), start.slice(28)];
  return SHIFTS.map((shift) => {
    left = [...left.slice(shift), ...left.slice(0, shift)];
    right = [...right.slice(shift), ...right.slice(0, shift)];
    return pick([...left, ...right], ROUND_KEY);
  });
}

/** The bits at these places, counted from 1 as the standard does. */
const pick = (bits: Bits, places: readonly number[]): Bits => places.map((place) => bits[place - 1] ?? 0);

const xor = (one: Bits, other: Bits): Bits => one.map((bit, at) => bit ^ (other[at] ?? 0));

const bitsOf = (bytes: Uint8Array): Bits =>
  [...bytes].flatMap((byte) => [7, 6, 5, 4, 3, 2, 1, 0].map((place) => (byte >> place) & 1));

function bytesOf(bits: Bits): number[] {
  const bytes: number[] = [];
  for (let at = 0; at < bits.length; at += 8)
    bytes.push(bits.slice(at, at + 8).reduce((value, bit) => value * 2 + bit, 0));
  return bytes;
}

function ramp(first: number): number[] {
  return [0, 8, 16, 24, 32, 40, 48, 56].map((step) => first - step);
}
