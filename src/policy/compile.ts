// From a route's settings to its rule. A setting that grants or restricts access and is not understood closes the route
// and is an error, never ignored.
import type { Issue } from '../core/issue.ts';
import type { CertificateTest, Occasion } from './criterion.ts';
import { type Block, type Policy, type PolicyInput, compileBlocks } from './policy.ts';
import type { PolicyMode, Rule } from './rule.ts';

/** As far as this room reads a route. Everything else in it is somebody else's. */
export interface PolicySettings {
  readonly allow_public_unauthenticated_access?: boolean | undefined;
  readonly policy?: PolicyInput | undefined;
  readonly policy_mode?: PolicyMode | undefined;
}

/** What holds for all routes, compiled before any of them. */
export interface SharedPolicy {
  /** The rules of the global `policy`; undefined: there is none, or it is not to be used. */
  readonly policy: Policy | undefined;
  /** The global `policy` has a fault: nobody is admitted anywhere. */
  readonly isUnusable: boolean;
  readonly mode: PolicyMode;
  readonly groups: ReadonlyMap<string, CertificateTest>;
}

/** What allows where no policy says who may pass. */
const base = (name: string, test: (occasion: Occasion) => boolean): Block => ({
  action: 'allow',
  operator: 'and',
  criteria: [{ criterion: { name, about: 'connection', test }, place: name }],
  place: name,
});
const VOUCHED = base('vouched', ({ demandsCertificate, leaf }) => demandsCertificate && leaf !== undefined);
const PUBLIC = base('allow_public_unauthenticated_access', () => true);

/** The global policy. Issues have paths from the top of the configuration. */
export function compileShared(
  input: PolicyInput | undefined,
  mode: PolicyMode,
  groups: ReadonlyMap<string, CertificateTest>,
): { shared: SharedPolicy; issues: readonly Issue[] } {
  const issues: Issue[] = [];
  const policy =
    input && compileBlocks(input, { path: ['policy'], report: (issue) => void issues.push(issue), groups });
  const isUnusable = issues.length > 0;
  return { shared: { policy: isUnusable ? undefined : policy, isUnusable, mode, groups }, issues };
}

/**
 * Always a rule; a closed one wherever there is an issue. Issues have paths relative to the route. The global rules are
 * added to the route's: what either denies is denied. Where neither allows anything by rule, the route allows whom it
 * would allow without a policy, minus what is denied globally.
 */
export function compilePolicy(
  settings: PolicySettings,
  shared: SharedPolicy,
): { rule: Rule; issues: readonly Issue[] } {
  const issues: Issue[] = [];
  const { policy: own, allow_public_unauthenticated_access: isPublic = false } = settings;
  if (own !== undefined && isPublic)
    issues.push({
      path: ['allow_public_unauthenticated_access'],
      message: 'admits everybody, and policy says who may pass: remove one of them',
    });
  const compiled =
    own &&
    compileBlocks(own, {
      path: ['policy'],
      report: (issue) => void issues.push(issue),
      groups: shared.groups,
    });
  const [first] = issues;
  if (first !== undefined)
    return { rule: { kind: 'closed', why: `${String(first.path[0])} ${first.message}` }, issues };
  if (shared.isUnusable) return { rule: { kind: 'closed', why: 'the global policy has a fault' }, issues };
  return { rule: ruleOf(compiled, isPublic, shared, settings.policy_mode ?? shared.mode), issues };
}

function ruleOf(
  own: Policy | undefined,
  isPublic: boolean,
  { policy: global }: SharedPolicy,
  mode: PolicyMode,
): Rule {
  if (own === undefined && global === undefined) return isPublic ? { kind: 'public' } : { kind: 'vouched' };
  const deny = [...(global?.deny ?? []), ...(own?.deny ?? [])];
  const allow = [...(global?.allow ?? []), ...(own?.allow ?? [])];
  if (isPublic) allow.push(PUBLIC);
  else if (own === undefined && allow.length === 0) allow.push(VOUCHED);
  return { kind: 'policy', policy: { deny, allow }, mode };
}
