// From a route's `enrol` to what answers there.
import path from 'node:path';
import type { RouteConfig } from '../config/schema.ts';
import type { Issue, IssuePath } from '../core/issue.ts';
import type { LocalApp } from '../exchange/local-app.ts';
import { type HostPolicies, policyOfRoute } from './host-policies.ts';
import type { SettingFiles } from './setting-files.ts';

export interface EnrolmentContext {
  readonly files: SettingFiles;
  readonly issues: Issue[];
  readonly policies: HostPolicies;
}

/** Undefined where the route has none. `at`: where the route stands. */
export async function enrolmentOf(
  { enrol, from }: RouteConfig,
  at: IssuePath,
  { files, issues, policies }: EnrolmentContext,
): Promise<LocalApp | undefined> {
  if (enrol === undefined) return undefined;
  const { ca_dir: caDir, certificate_lifetime: lifetimeMs } = enrol;
  const where = [...at, 'enrol', 'ca_dir'];
  const { mode } = policyOfRoute(policies, from);
  if (mode === 'none')
    issues.push({
      path: at,
      message:
        'asks for no client certificate on its host, so that none can be renewed: give downstream_mtls.ca_file, with client_certificate: request for the host in hosts',
      severity: 'warning',
    });
  // That the two belong together, and are still valid, is looked at whenever something is signed.
  for (const name of ['client-ca.crt', 'client-ca.key'])
    if ((await files.read(path.join(caDir, name), where)) === undefined) return undefined;
  // Loaded by those alone who need it: what makes certificates takes a while.
  const { EnrolApp } = await import('../enrol/enrol-app.ts');
  return new EnrolApp({ caDir, lifetimeMs });
}
