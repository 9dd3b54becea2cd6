import { readFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import type { RefusalReason } from '../../../src/pki/identity.ts';

/** Every reason there is, or it does not compile. */
const REASONS: Record<RefusalReason, true> = {
  none_sent: true,
  malformed: true,
  chain_unknown: true,
  unknown_issuer: true,
  bad_signature: true,
  is_a_ca: true,
  wrong_eku: true,
  unknown_critical_extension: true,
  too_deep: true,
  weak_key: true,
  weak_signature: true,
  denied_locally: true,
  revoked: true,
  san_mismatch: true,
  not_yet_valid: true,
  expired: true,
  crl_missing: true,
  crl_stale: true,
  ocsp_unknown: true,
  name_constraint: true,
  rejected: true,
};

t.test('the documentation has every reason once, in the order in which they are looked for', async (t) => {
  const file = path.resolve(import.meta.dirname, '../../../docs/client-certificates.md');
  const rows = readFileSync(file, 'utf8').matchAll(/^\| `(\w+)`/gm);
  t.strictSame(
    Array.from(rows, ([, reason]) => reason),
    Object.keys(REASONS),
  );
});
