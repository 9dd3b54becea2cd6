// A key, and the request for a certificate for it (PKCS #10, RFC 2986). Runs in browsers.
import { type Bytes, concat, element, integer, oid, sequence, TAG } from './der.ts';

const ECDSA = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const ECDSA_WITH_SHA256 = '1.2.840.10045.4.3.2';

export interface KeyPair {
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
}

/** It can be taken out, since it is to go into a .p12. */
export async function newKeyPair(): Promise<KeyPair> {
  return await crypto.subtle.generateKey(ECDSA, true, ['sign', 'verify']);
}

/** DER. Names nobody: who it is for, the invitation or the certificate shown says. */
export async function requestFor({ privateKey, publicKey }: KeyPair): Promise<Bytes> {
  const spki = new Uint8Array(await crypto.subtle.exportKey('spki', publicKey));
  const noName = sequence();
  const noAttributes = element(TAG.zero);
  const info = sequence(integer(0), noName, spki, noAttributes);
  const signed = await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, privateKey, info);
  const signature = element(TAG.bitString, Uint8Array.of(0), derSignature(new Uint8Array(signed)));
  return sequence(info, sequence(oid(ECDSA_WITH_SHA256)), signature);
}

/** WebCrypto has r and s side by side, X.509 a sequence of two numbers (RFC 3279 2.2.3). */
function derSignature(raw: Uint8Array): Bytes {
  const half = raw.length / 2;
  return sequence(unsigned(raw.subarray(0, half)), unsigned(raw.subarray(half)));
}

function unsigned(bytes: Uint8Array): Bytes {
  let from = 0;
  while (from < bytes.length - 1 && bytes[from] === 0) from++;
  const digits = bytes.subarray(from);
  return element(TAG.integer, (digits[0] ?? 0) >= 0x80 ? concat(Uint8Array.of(0), digits) : digits);
}
