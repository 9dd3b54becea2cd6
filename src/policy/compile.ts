// From a route's settings to its rule. A setting that grants or restricts access and is not understood closes the route
// and is an error, never ignored.
import type { Issue } from '../core/issue.ts';
import type { Rule } from './rule.ts';

/** As far as this room reads a route. Everything else in it is somebody else's. */
export interface PolicySettings {
  readonly allow_public_unauthenticated_access?: unknown;
  readonly policy?: unknown;
  readonly allow_any_authenticated_user?: unknown;
  readonly allowed_users?: unknown;
  readonly allowed_domains?: unknown;
  readonly allowed_idp_claims?: unknown;
  readonly cors_allow_preflight?: unknown;
  readonly tls_downstream_client_ca?: unknown;
  readonly tls_downstream_client_ca_file?: unknown;
}

const NOT_YET = [
  'policy',
  'allow_any_authenticated_user',
  'allowed_users',
  'allowed_domains',
  'allowed_idp_claims',
  'cors_allow_preflight',
  'tls_downstream_client_ca',
  'tls_downstream_client_ca_file',
] as const satisfies readonly (keyof PolicySettings)[];

/** Always a rule; a closed one wherever there is an issue. Issues have paths relative to the route. */
export function compilePolicy(settings: PolicySettings): { rule: Rule; issues: readonly Issue[] } {
  const issues: Issue[] = NOT_YET.filter((key) => settings[key] !== undefined).map((key) => ({
    path: [key],
    message:
      'is not supported yet: without it a route admits every client whose certificate verifies, remove it if that is meant',
  }));
  const isPublic = settings.allow_public_unauthenticated_access;
  if (isPublic !== undefined && typeof isPublic !== 'boolean')
    issues.push({
      path: ['allow_public_unauthenticated_access'],
      message: 'is neither true nor false',
    });
  const [first] = issues;
  if (first !== undefined)
    return { rule: { kind: 'closed', why: `${String(first.path[0])} ${first.message}` }, issues };
  return { rule: isPublic === true ? { kind: 'public' } : { kind: 'vouched' }, issues };
}
