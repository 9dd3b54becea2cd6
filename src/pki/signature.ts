// A signature over bytes, and whether a key made it.
import { type KeyObject, constants, verify } from 'node:crypto';

const RSASSA_PSS = '1.2.840.113549.1.1.10';

/** Something signed, as lists and answers about certificates are. */
export interface Signed {
  readonly signed: Buffer;
  readonly signature: Buffer;
  /** The dotted OID, and the digest as `signatureHash` names it. */
  readonly algorithm: { readonly oid: string; readonly hash: string };
}

export function isSignature({ signed, signature, algorithm }: Signed, key: KeyObject): boolean {
  const digest = algorithm.hash === '' ? null : algorithm.hash;
  const padding = algorithm.oid === RSASSA_PSS ? { padding: constants.RSA_PKCS1_PSS_PADDING } : {};
  try {
    return verify(digest, signed, { key, ...padding }, signature);
  } catch {
    // A key of another kind than the algorithm is for.
    return false;
  }
}
