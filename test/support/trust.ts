// A compiled trust for tests that are not about compiling one.
import { buildTrust } from '../../src/app/build-trust.ts';
import { Inventory } from '../../src/app/inventory.ts';
import { SettingFiles } from '../../src/app/setting-files.ts';
import type { ConfigInput } from '../../src/config/schema.ts';
import { downstreamMtls } from '../../src/config/schema-tls.ts';
import type { Issue } from '../../src/core/issue.ts';
import { type Trust, type TrustSettings, compileTrust } from '../../src/pki/trust.ts';

/** Throws when the CAs are not fit to be trusted. Version 1, depth 1 and the system's clock unless said otherwise. */
export function trustIn(cas: readonly { certPem: string }[], settings: Partial<TrustSettings> = {}): Trust {
  const bundles = cas.map(({ certPem }) => certPem);
  const { trust, issues } = compileTrust({ bundles, version: 1, now: Date.now(), path: [], ...settings });
  if (!trust) throw new Error(issues[0]?.message);
  return trust;
}

export type MtlsInput = NonNullable<ConfigInput['downstream_mtls']>;

/** The trust that a proxy makes of these settings. Throws when they are not fit; warnings are dropped. */
export async function trustFrom(settings: MtlsInput, previous?: Trust): Promise<Trust> {
  const issues: Issue[] = [];
  const trust = await buildTrust(downstreamMtls.parse(settings), ['downstream_mtls'], {
    files: new SettingFiles(issues),
    issues,
    inventory: new Inventory(),
    now: Date.now(),
    trust: previous,
    remote: undefined,
    ocsp: undefined,
  });
  const fault = issues.find(({ severity }) => severity !== 'warning');
  if (fault !== undefined) throw new Error(fault.message);
  if (trust === undefined || trust === 'unusable') throw new Error('no trust');
  return trust;
}
