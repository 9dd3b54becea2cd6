// Private keys that nobody has seen yet. Apart from what issues certificates, which takes a moment to load.
import { type KeyObject, generateKeyPairSync } from 'node:crypto';

const NEW_KEY = {
  'ec-p256': () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
  'ec-p384': () => generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey,
  'rsa-1024': () => generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey,
  'rsa-2048': () => generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
  ed25519: () => generateKeyPairSync('ed25519').privateKey,
} satisfies Record<string, () => KeyObject>;

export type KeyAlgorithm = keyof typeof NEW_KEY;

/** RSA takes some 100 ms. */
export function newKey(algorithm: KeyAlgorithm): KeyObject {
  return NEW_KEY[algorithm]();
}
