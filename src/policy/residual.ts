// What is left to ask of each request once everything is known about its connection: decided once a connection, so that
// a request pays for its method and its path only.
import type { CertificateFacts } from '../pki/identity.ts';
import type { Criterion, Occasion, RequestCriterion } from './criterion.ts';
import type { Block, Policy } from './policy.ts';

export interface ResidualBlock {
  readonly place: string;
  /** Whether one test that succeeds decides (or), or one that fails does (and). */
  readonly isAny: boolean;
  readonly tests: readonly { readonly test: RequestCriterion['test']; readonly isNegated: boolean }[];
}

export interface Residual {
  /** Place of a block that denies whatever is asked; undefined: there is none. */
  readonly denies: string | undefined;
  /** Whether a block allows whatever is asked. */
  readonly allows: boolean;
  readonly deny: readonly ResidualBlock[];
  readonly allow: readonly ResidualBlock[];
  /** Milliseconds since the epoch: when it must be made anew. */
  readonly until: number;
}

export function residualOf(policy: Policy, occasion: Occasion): Residual {
  let until = Infinity;
  const notice = (moment: number): void => {
    until = Math.min(until, moment);
  };
  let denies: string | undefined;
  let allows = false;
  const deny: ResidualBlock[] = [];
  const allow: ResidualBlock[] = [];
  for (const block of policy.deny) {
    const reduced = reduce(block, occasion, notice);
    if (reduced === true) denies ??= block.place;
    else if (reduced !== false) deny.push(reduced);
  }
  for (const block of policy.allow) {
    const reduced = reduce(block, occasion, notice);
    if (reduced === true) allows = true;
    else if (reduced !== false) allow.push(reduced);
  }
  return { denies, allows, deny, allow, until };
}

/** A block as far as it is known: true, false, or what is still to be asked. */
function reduce(block: Block, occasion: Occasion, notice: (moment: number) => void): boolean | ResidualBlock {
  const isAny = block.operator === 'or' || block.operator === 'nor';
  const isNegated = block.operator === 'not' || block.operator === 'nor';
  const tests: { test: RequestCriterion['test']; isNegated: boolean }[] = [];
  let decided: boolean | undefined;
  for (const { criterion } of block.criteria) {
    if (criterion.about === 'request') {
      tests.push({ test: criterion.test, isNegated });
      continue;
    }
    if (criterion.about === 'time') notice(criterion.until(occasion));
    if (holds(criterion, occasion, { isNegated, action: block.action }) === isAny) decided = isAny;
  }
  if (decided !== undefined) return decided;
  return tests.length === 0 ? !isAny : { place: block.place, isAny, tests };
}

/**
 * Whether a criterion, turned round where the operator does so, holds. About the certificate of a stranger nothing
 * holds that would let them in, and nothing that would keep them from being denied: "not Bob" is no reason to admit
 * somebody who did not say who they are, and "everybody but Bob" is denied to them.
 */
export function holds(
  criterion: Exclude<Criterion, RequestCriterion>,
  occasion: Occasion,
  { isNegated, action }: { readonly isNegated: boolean; readonly action: Block['action'] },
): boolean {
  const needsCertificate =
    criterion.about === 'certificate' || (criterion.about === 'time' && criterion.needsCertificate === true);
  if (needsCertificate && occasion.leaf === undefined && (action === 'allow' || isNegated))
    return action === 'deny';
  const isTrue =
    criterion.about === 'certificate' ? criterion.test(occasion.leaf ?? NOBODY) : criterion.test(occasion);
  return isTrue !== isNegated;
}

/** A certificate that says nothing: what a rule that denies is asked about when there is none. */
const NOBODY: CertificateFacts = {
  der: Buffer.alloc(0),
  sha256: '',
  spkiSha256: '',
  serial: '',
  subject: '',
  commonName: '',
  issuer: '',
  notBefore: 0,
  notAfter: 0,
  isCa: false,
  key: { type: 'other', bits: 0 },
  signatureHash: '',
  extendedKeyUsage: undefined,
  mayIssueCrls: false,
  crlPoints: undefined,
  names: { dns: [], email: [], uri: [], ip: [], upn: [] },
  unknownCritical: [],
};

export type Outcome =
  | { readonly isAllowed: true }
  | {
      readonly isAllowed: false;
      readonly reason: 'deny_rule' | 'no_allow_rule';
      readonly place: string | undefined;
    };

const ALLOWED: Outcome = { isAllowed: true };
const NOT_ALLOWED: Outcome = { isAllowed: false, reason: 'no_allow_rule', place: undefined };

/** The answer for one request. Deny wins, whatever the order. */
export function ask(residual: Residual, method: string, path: string): Outcome {
  if (residual.denies !== undefined) return { isAllowed: false, reason: 'deny_rule', place: residual.denies };
  for (const block of residual.deny)
    if (isTrueOf(block, method, path)) return { isAllowed: false, reason: 'deny_rule', place: block.place };
  if (residual.allows) return ALLOWED;
  for (const block of residual.allow) if (isTrueOf(block, method, path)) return ALLOWED;
  return NOT_ALLOWED;
}

function isTrueOf({ isAny, tests }: ResidualBlock, method: string, path: string): boolean {
  for (const { test, isNegated } of tests) if ((test(method, path) !== isNegated) === isAny) return isAny;
  return !isAny;
}
