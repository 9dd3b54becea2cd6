// The only place where a Grant comes into being, so that forwarding what was not admitted does not compile: the class is
// not exported as a value, and its private field makes every look-alike a type error. In doubt the answer is a Denial.
import type { ErrorCode } from '../core/errors.ts';
import type { Identity, Verdict } from '../pki/identity.ts';
import { residualFor } from './memory.ts';
import { type Outcome, ask } from './residual.ts';
import type { Rule } from './rule.ts';

class AdmittedGrant {
  readonly #admitted = true;
  readonly ok = true;
  /** Whom the grant is for; undefined where the route is public and no valid certificate was shown. */
  readonly identity: Identity | undefined;
  /** Of the policy that granted; under another version it is worth nothing. */
  readonly policyVersion: number;
  /** Milliseconds since the epoch; at this moment it is worth nothing. */
  readonly until: number;
  /** Given by a policy that is only watched: why it would have been refused. */
  readonly wouldDeny: string | undefined;

  constructor(identity: Identity | undefined, policyVersion: number, until: number, wouldDeny?: string) {
    this.identity = identity;
    this.policyVersion = policyVersion;
    this.until = until;
    this.wouldDeny = wouldDeny;
  }

  static isGrant(value: object): boolean {
    return #admitted in value && value.#admitted;
  }
}

/** Leave to use one route. Only `decide` makes one. */
export type Grant = AdmittedGrant;

export interface Denial {
  readonly ok: false;
  readonly code: Extract<ErrorCode, 'denied' | 'client_certificate_required' | 'client_certificate_invalid'>;
  /** For the log: machine-readable, stable. A RefusalReason where the certificate was refused. */
  readonly reason: string;
  /** For the log: which rule of a policy. */
  readonly detail?: string | undefined;
}

/** As far as this room looks at a connection; what is found out about it is remembered as long as it lives. */
export interface PolicyConnection {
  readonly remoteAddress: string;
  /** `TLSv1.3` or `TLSv1.2`. */
  readonly tlsVersion: string;
  /** Whether the host that was asked for demands a certificate. */
  readonly demandsCertificate: boolean;
}

export interface Question {
  readonly connection: PolicyConnection;
  /** On the connection's certificate as of `now`; undefined where none was asked for. */
  readonly verdict: Verdict | undefined;
  readonly rule: Rule;
  readonly policyVersion: number;
  readonly method: string;
  /** In normal form, without query. */
  readonly path: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

const deny = (code: Denial['code'], reason: string, detail?: string): Denial => ({
  ok: false,
  code,
  reason,
  detail,
});

/** Whether the caller may use the route. A verdict past its time is no verdict: it must be made anew by the caller. */
export function decide(question: Question): Grant | Denial {
  const { verdict, connection, rule, policyVersion, now } = question;
  const { demandsCertificate } = connection;
  if (verdict !== undefined && !(now < verdict.until)) return deny('denied', 'verdict_stale');
  if (demandsCertificate && verdict?.ok !== true) {
    if (verdict === undefined || verdict.reason === 'none_sent')
      return deny('client_certificate_required', 'none_sent');
    return deny('client_certificate_invalid', verdict.reason);
  }
  const identity = verdict?.ok === true ? verdict.identity : undefined;
  const until = verdict?.until ?? Number.POSITIVE_INFINITY;
  switch (rule.kind) {
    case 'public':
      return new AdmittedGrant(identity, policyVersion, until);
    case 'vouched':
      if (demandsCertificate && identity !== undefined)
        return new AdmittedGrant(identity, policyVersion, until);
      return deny('denied', 'certificate_not_demanded');
    case 'policy': {
      const residual = residualFor(question, rule);
      const outcome = ask(residual, question.method, question.path);
      if (outcome.isAllowed)
        return new AdmittedGrant(identity, policyVersion, Math.min(until, residual.until));
      if (rule.mode === 'enforce') return denialOf(outcome, verdict);
      return new AdmittedGrant(identity, policyVersion, Math.min(until, residual.until), textOf(outcome));
    }
    case 'closed':
    default:
      return deny('denied', 'rule_closed');
  }
}

/** A stranger who was asked for a certificate hears that one is needed: nothing but a certificate would change it. */
function denialOf(outcome: Outcome & { isAllowed: false }, verdict: Verdict | undefined): Denial {
  const { reason, place } = outcome;
  if (reason === 'no_allow_rule' && verdict?.ok === false) {
    if (verdict.reason === 'none_sent') return deny('client_certificate_required', 'none_sent', reason);
    return deny('client_certificate_invalid', verdict.reason, reason);
  }
  return deny('denied', reason, place);
}

function textOf({ reason, place }: Outcome & { isAllowed: false }): string {
  return place === undefined ? reason : `${reason} ${place}`;
}

/** Whether the grant is still worth something: the cheap question asked of a cached one before every exchange. */
export function isValid(grant: Grant, policyVersion: number, now: number): boolean {
  return AdmittedGrant.isGrant(grant) && grant.policyVersion === policyVersion && now < grant.until;
}
