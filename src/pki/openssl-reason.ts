// What OpenSSL's verification said, in our reasons. Node knows a name for some of OpenSSL's codes and calls every other
// one UNSPECIFIED, name constraint violations among them.
import type { RefusalReason } from './identity.ts';

/**
 * The other half of a verdict: `ok` (`socket.authorized`), `not_run` (no handshake: `check`, `explain`), or the code in
 * `socket.authorizationError`.
 */
export type OpensslResult = 'ok' | 'not_run' | (string & {});

const REASONS: ReadonlyMap<string, RefusalReason> = new Map([
  ['CERT_HAS_EXPIRED', 'expired'],
  ['CERT_NOT_YET_VALID', 'not_yet_valid'],
  ['UNABLE_TO_GET_ISSUER_CERT', 'unknown_issuer'],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'unknown_issuer'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'unknown_issuer'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'unknown_issuer'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'unknown_issuer'],
  ['CERT_UNTRUSTED', 'unknown_issuer'],
  ['INVALID_CA', 'unknown_issuer'],
  ['CERT_SIGNATURE_FAILURE', 'bad_signature'],
  ['UNABLE_TO_DECRYPT_CERT_SIGNATURE', 'bad_signature'],
  ['INVALID_PURPOSE', 'wrong_eku'],
  ['PATH_LENGTH_EXCEEDED', 'too_deep'],
  ['CERT_CHAIN_TOO_LONG', 'too_deep'],
  ['CERT_REVOKED', 'revoked'],
]);

/** The reason behind a code other than `ok` and `not_run`. */
export function opensslReason(code: string, hasNameConstraints: boolean): RefusalReason {
  if (code === 'UNSPECIFIED' && hasNameConstraints) return 'name_constraint';
  return REASONS.get(code) ?? 'rejected';
}
