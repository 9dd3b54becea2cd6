// A compiled trust for tests that are not about compiling one.
import { type Trust, type TrustSettings, compileTrust } from '../../src/pki/trust.ts';

/** Throws when the CAs are not fit to be trusted. Version 1, depth 1 and the system's clock unless said otherwise. */
export function trustIn(cas: readonly { certPem: string }[], settings: Partial<TrustSettings> = {}): Trust {
  const bundles = cas.map(({ certPem }) => certPem);
  const { trust, issues } = compileTrust({ bundles, version: 1, now: Date.now(), path: [], ...settings });
  if (!trust) throw new Error(issues[0]?.message);
  return trust;
}
