// The only place where a Grant comes into being, so that forwarding what was not admitted does not compile: the class is
// not exported as a value, and its private field makes every look-alike a type error. In doubt the answer is a Denial.
import type { ErrorCode } from '../core/errors.ts';
import type { Identity, Verdict } from '../pki/identity.ts';
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

  constructor(identity: Identity | undefined, policyVersion: number, until: number) {
    this.identity = identity;
    this.policyVersion = policyVersion;
    this.until = until;
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
}

export interface Question {
  /** On the connection's certificate as of `now`; undefined where none was asked for. */
  readonly verdict: Verdict | undefined;
  /** Whether the host that the request is for demands a certificate. */
  readonly demandsCertificate: boolean;
  readonly rule: Rule;
  readonly policyVersion: number;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

const deny = (code: Denial['code'], reason: string): Denial => ({ ok: false, code, reason });

/** Whether the caller may use the route. A verdict past its time is no verdict: it must be made anew by the caller. */
export function decide({ verdict, demandsCertificate, rule, policyVersion, now }: Question): Grant | Denial {
  if (verdict !== undefined && !(now < verdict.until)) return deny('denied', 'verdict_stale');
  if (demandsCertificate && verdict?.ok !== true) {
    if (verdict === undefined || verdict.reason === 'none_sent')
      return deny('client_certificate_required', 'none_sent');
    return deny('client_certificate_invalid', verdict.reason);
  }
  const identity = verdict?.ok === true ? verdict.identity : undefined;
  const until = verdict?.until ?? Number.POSITIVE_INFINITY;
  if (rule.kind === 'public') return new AdmittedGrant(identity, policyVersion, until);
  if (rule.kind === 'vouched') {
    if (demandsCertificate && identity !== undefined)
      return new AdmittedGrant(identity, policyVersion, until);
    return deny('denied', 'certificate_not_demanded');
  }
  return deny('denied', 'rule_closed');
}

/** Whether the grant is still worth something: the cheap question asked of a cached one before every exchange. */
export function isValid(grant: Grant, policyVersion: number, now: number): boolean {
  return AdmittedGrant.isGrant(grant) && grant.policyVersion === policyVersion && now < grant.until;
}
