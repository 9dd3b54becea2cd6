// A policy asked about one certificate and one request, without a connection.
import { parseCertificate } from '../../src/pki/facts.ts';
import type { CertificateFacts, RefusalReason, Verdict } from '../../src/pki/identity.ts';
import { compilePolicy, compileShared } from '../../src/policy/compile.ts';
import { type Denial, type Grant, type Question, decide } from '../../src/policy/decide.ts';
import { compileGroups, type GroupsInput } from '../../src/policy/groups.ts';
import type { PolicyInput } from '../../src/policy/policy.ts';
import type { PolicyMode, Rule } from '../../src/policy/rule.ts';
import type { Issued } from '../../src/pki/issue-certificate.ts';

export interface Asked extends Partial<Omit<Question, 'connection' | 'verdict' | 'rule'>> {
  /** Default: nobody showed one. */
  readonly client?: Issued | CertificateFacts;
  /** A certificate was shown and refused for this. */
  readonly refusedFor?: RefusalReason;
  readonly remoteAddress?: string;
  readonly tlsVersion?: string;
  /** Default false: the policy alone decides. */
  readonly demandsCertificate?: boolean;
}

export interface PolicyText {
  readonly policy: PolicyInput;
  readonly groups?: GroupsInput;
  readonly mode?: PolicyMode;
}

/** Throws the first fault. */
export function ruleOf({ policy, groups = {}, mode = 'enforce' }: PolicyText): Rule {
  const faults: string[] = [];
  const compiledGroups = compileGroups(groups, ['groups'], ({ message }) => void faults.push(message));
  const { shared } = compileShared(undefined, mode, compiledGroups);
  const { rule, issues } = compilePolicy({ policy }, shared);
  const fault = faults[0] ?? issues[0]?.message;
  if (fault !== undefined) throw new Error(fault);
  return rule;
}

/** Everything wrong with a policy: `place message`. */
export function faultsOf({ policy, groups = {} }: PolicyText): string[] {
  const { shared } = compileShared(
    undefined,
    'enforce',
    compileGroups(groups, [], () => {}),
  );
  const { issues } = compilePolicy({ policy }, shared);
  return issues.map(({ path, message }) => `${path.join('.')} ${message}`);
}

export function askRule(rule: Rule, asked: Asked = {}): Grant | Denial {
  const {
    client,
    refusedFor,
    remoteAddress = '192.0.2.1',
    tlsVersion = 'TLSv1.3',
    demandsCertificate = false,
    ...more
  } = asked;
  return decide({
    connection: { remoteAddress, tlsVersion, demandsCertificate },
    verdict: verdictOf(client, refusedFor),
    rule,
    policyVersion: 1,
    method: 'GET',
    path: '/',
    now: Date.now(),
    ...more,
  });
}

function verdictOf(client: Asked['client'], reason: RefusalReason = 'none_sent'): Verdict {
  const end = { until: Infinity, trustVersion: 1 };
  if (client === undefined) return { ok: false, reason, shown: undefined, ...end };
  const leaf = 'sha256' in client ? client : parseCertificate(client.der);
  return { ok: true, identity: { leaf, chain: [] }, ...end };
}
