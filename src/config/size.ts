// Sizes to bytes: a plain number, or a number with a unit. `KiB` is 1024 bytes, `kB` or `KB` is 1000 (IEC 80000-13).

const UNIT_BYTES: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  kb: 1000,
  mb: 1000 ** 2,
  gb: 1000 ** 3,
  tb: 1000 ** 4,
  kib: 1024,
  mib: 1024 ** 2,
  gib: 1024 ** 3,
  tib: 1024 ** 4,
};

/** The whole of a size: digits, perhaps a fraction, perhaps a unit in any case. */
export const SIZE = /^(\d+(?:\.\d+)?) ?([kKmMgGtT]?i?[bB])?$/;

/** Bytes, whole; undefined when the text is no size, has a fraction of a byte, or is past 2^53. */
export function parseSize(text: string): number | undefined {
  const match = SIZE.exec(text);
  if (match === null) return undefined;
  const bytes = Number(match[1]) * (UNIT_BYTES[(match[2] ?? '').toLowerCase()] ?? Number.NaN);
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}
