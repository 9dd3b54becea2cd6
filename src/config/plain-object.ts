// Plain data made ready to be a Config: paths made absolute, everything frozen, a fingerprint to tell two apart.
import { createHash } from 'node:crypto';
import path from 'node:path';

/** Freezes plain data to its leaves; returns it. */
export function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const item of Object.values(value)) deepFreeze(item);
  }
  return value;
}

/**
 * Makes every path in the settings absolute, in place: the values of `…_file` and `…_dir` keys, lists of them too, and the pairs in `certificates`.
 * Relative ones are taken from `folder`.
 */
export function resolveFiles(value: unknown, folder: string, isPath = endsInFile): void {
  if (typeof value !== 'object' || value === null) return;
  const map = value as Record<string, unknown>;
  for (const [key, item] of Object.entries(map))
    if (typeof item === 'string') {
      if (isPath(key) && !isUrl(item)) map[key] = path.resolve(folder, item);
    } else if (isPath(key) && isListOfText(item)) map[key] = item.map((one) => path.resolve(folder, one));
    else resolveFiles(item, folder, key === 'certificates' ? always : isPath);
}

const isListOfText = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'string');

const endsInFile = (key: string): boolean => /_(?:file|dir)$/.test(key);
/** Of a storage that is not on this disk. */
const isUrl = (text: string): boolean => /^[a-z0-9]+:\/\//.test(text);
const always = (): boolean => true;

/**
 * SHA-256 over the settings: equal for equal settings, however they were written. What zod gives out has its keys in the
 * order of the schema, so they need not be sorted.
 */
export function fingerprint(settings: unknown): string {
  return createHash('sha256').update(JSON.stringify(settings)).digest('hex');
}
