// Plain data made ready to be a Config: paths made absolute, everything frozen, and a fingerprint to tell two by.
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

/** Makes the value of every `…_file` key absolute, in place, at any depth. Relative ones are taken from `folder`. */
export function resolveFiles(value: unknown, folder: string): void {
  if (typeof value !== 'object' || value === null) return;
  const map = value as Record<string, unknown>;
  for (const [key, item] of Object.entries(map))
    if (typeof item !== 'string') resolveFiles(item, folder);
    else if (key.endsWith('_file')) map[key] = path.resolve(folder, item);
}

/** SHA-256 over the value with its keys in order: equal for equal settings, however they were written. */
export function fingerprint(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value, sortKeys)).digest('hex');
}

function sortKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1)));
}
