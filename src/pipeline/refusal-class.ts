// What a visitor is told of a refused certificate: the kind of reason, in words that say what to do. The reason itself is
// the operator's, in the log.
import type { RefusalReason } from '../exchange/identity.ts';

/** Machine-readable, stable, in every answer. */
export type RefusalClass =
  | 'certificate_missing'
  | 'certificate_expired'
  | 'certificate_revoked'
  | 'certificate_unverifiable'
  | 'certificate_not_accepted'
  | 'not_allowed';

const CLASS: Readonly<Record<RefusalReason, RefusalClass>> = {
  none_sent: 'certificate_missing',
  malformed: 'certificate_not_accepted',
  chain_unknown: 'certificate_not_accepted',
  unknown_issuer: 'certificate_not_accepted',
  bad_signature: 'certificate_not_accepted',
  is_a_ca: 'certificate_not_accepted',
  wrong_eku: 'certificate_not_accepted',
  unknown_critical_extension: 'certificate_not_accepted',
  too_deep: 'certificate_not_accepted',
  weak_key: 'certificate_not_accepted',
  weak_signature: 'certificate_not_accepted',
  denied_locally: 'certificate_revoked',
  revoked: 'certificate_revoked',
  san_mismatch: 'certificate_not_accepted',
  not_yet_valid: 'certificate_not_accepted',
  // Told apart only because it is looked at last: everything else about the certificate is in order.
  expired: 'certificate_expired',
  crl_missing: 'certificate_unverifiable',
  crl_stale: 'certificate_unverifiable',
  ocsp_unknown: 'certificate_unverifiable',
  name_constraint: 'certificate_not_accepted',
  rejected: 'certificate_not_accepted',
};

const TEXT: Readonly<Record<RefusalClass, string>> = {
  certificate_missing:
    'A client certificate is required to come in here, and none was shown. Choose yours when you are asked for it; if nobody asks, it is not installed.',
  certificate_expired: 'Your client certificate has expired. Renew it, and come again with the new one.',
  certificate_revoked:
    'Your client certificate has been withdrawn. Ask whoever gave it to you for a new one.',
  certificate_unverifiable:
    'It cannot be found out at the moment whether your client certificate is still good. Try again later, and tell whoever runs this service.',
  certificate_not_accepted: 'The client certificate that you showed is not accepted here.',
  not_allowed: 'Your client certificate is good, but not for this address.',
};

/** `reason`: a RefusalReason, or one of the policy's; undefined: nothing is known of a certificate. */
export function classOf(code: string, reason: string | undefined): RefusalClass | undefined {
  if (code === 'denied') return 'not_allowed';
  if (code !== 'client_certificate_required' && code !== 'client_certificate_invalid') return undefined;
  const known: Readonly<Record<string, RefusalClass>> = CLASS;
  return (reason === undefined ? undefined : known[reason]) ?? 'certificate_not_accepted';
}

export function classText(kind: RefusalClass): string {
  return TEXT[kind];
}
