// Everything that can be held against a certificate whose chain is known, in the order in which it is looked for: what
// is furthest from being repaired comes first. One table, walked by `verify`, by the re-examination of live
// connections, and in full by `explain`.
import type { Authority } from './authority.ts';
import type { Chain } from './chain.ts';
import { endOf } from './deny-list.ts';
import type { CertificateFacts, RefusalReason } from './identity.ts';
import { nameKey } from './name-key.ts';
import { type OpensslResult, opensslReason } from './openssl-reason.ts';
import type { OcspStanding } from './ocsp.ts';
import { type Standing, standingOf } from './revocation.ts';
import { isStrongSignature } from './signature-hash.ts';
import { weakness } from './strength.ts';
import type { Trust } from './trust.ts';

/** What there is to say against it. */
export interface Objection {
  readonly reason: RefusalReason;
  /** For the operator, in words. */
  readonly detail?: string | undefined;
  /** For the certificate's owner, from the deny list. */
  readonly message?: string | undefined;
  /** Milliseconds since the epoch: when it is void by itself. */
  readonly until?: number | undefined;
}

export type CheckName =
  | 'chain'
  | 'end_entity'
  | 'extended_key_usage'
  | 'critical_extensions'
  | 'depth'
  | 'key_strength'
  | 'signature_strength'
  | 'deny_list'
  | 'revocation'
  | 'subject_alt_names'
  | 'dates'
  | 'revocation_lists'
  | 'openssl'
  | 'ocsp';

/** One check, as `explain` shows it. */
export interface Step {
  readonly check: CheckName;
  readonly result: 'passed' | 'failed' | 'not_run';
  readonly detail: string;
}

export interface Subject {
  readonly leaf: CertificateFacts;
  readonly chain: Chain;
}

const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';
/** The DER of the OID 2.5.29.30. */
const NAME_CONSTRAINTS = Buffer.from('0603551d1e', 'hex');

/** A certificate before its judges: what the checks look at, read off once. */
export class Examination {
  readonly leaf: CertificateFacts;
  readonly trust: Trust;
  readonly now: number;
  readonly openssl: OpensslResult;
  readonly issuers: readonly Authority[];
  /** Leaf and intermediates. */
  readonly belowAnchor: readonly CertificateFacts[];
  /** The anchor as well. */
  readonly everyone: readonly CertificateFacts[];
  #standings: readonly Standing[] | undefined;
  #ocsp: OcspStanding | undefined;

  constructor({ leaf, chain }: Subject, trust: Trust, now: number, openssl: OpensslResult) {
    this.leaf = leaf;
    this.trust = trust;
    this.now = now;
    this.openssl = openssl;
    this.issuers = [...chain.intermediates, chain.anchor];
    this.everyone = [leaf, ...this.issuers.map(({ facts }) => facts)];
    this.belowAnchor = this.everyone.slice(0, -1);
  }

  /** What the revocation lists say of each certificate that is looked up; none where no list is asked. */
  get standings(): readonly Standing[] {
    this.#standings ??= this.#lookUp();
    return this.#standings;
  }

  /** What OCSP says of the leaf; undefined where nobody is asked. */
  get ocsp(): OcspStanding | undefined {
    const [issuer] = this.issuers;
    if (issuer !== undefined)
      this.#ocsp ??= this.trust.ocsp?.standingOf({ leaf: this.leaf, issuer }, this.now);
    return this.#ocsp;
  }

  /** When a verdict that passed may become another one: a certificate ends, a list is due. */
  get passesUntil(): number {
    let until = Infinity;
    for (const { notAfter } of this.everyone) until = Math.min(until, notAfter);
    for (const standing of this.standings) until = Math.min(until, standing.until);
    return Math.min(until, this.ocsp?.until ?? Infinity);
  }

  #lookUp(): Standing[] {
    const { revocation } = this.trust;
    if (revocation === undefined) return [];
    const subjects = revocation.scope === 'leaf' ? [this.leaf] : this.belowAnchor;
    const standings: Standing[] = [];
    for (const subject of subjects) {
      const name = nameKey(subject.issuer);
      const signers = this.issuers.filter((issuer) => issuer.nameKey === name);
      standings.push(standingOf(subject, signers, revocation, this.now));
    }
    return standings;
  }
}

interface Check {
  readonly name: CheckName;
  readonly find: (examination: Examination) => Objection | undefined;
  /** What a passed check may say for `explain`. */
  readonly passed?: (examination: Examination) => string;
}

const when = (isSo: boolean, reason: RefusalReason, detail?: string): Objection | undefined =>
  isSo ? { reason, detail } : undefined;

const CHECKS: readonly Check[] = [
  { name: 'end_entity', find: ({ leaf }) => when(leaf.isCa, 'is_a_ca') },
  {
    name: 'extended_key_usage',
    find: ({ belowAnchor }) =>
      when(
        belowAnchor.some(({ extendedKeyUsage }) => extendedKeyUsage?.includes(CLIENT_AUTH) === false),
        'wrong_eku',
      ),
  },
  {
    name: 'critical_extensions',
    find: ({ belowAnchor }) =>
      when(
        belowAnchor.some(({ unknownCritical }) => unknownCritical.length > 0),
        'unknown_critical_extension',
      ),
  },
  {
    name: 'depth',
    find: ({ belowAnchor, trust: { maxVerifyDepth } }) =>
      when(maxVerifyDepth !== 0 && belowAnchor.length > maxVerifyDepth, 'too_deep'),
    passed: ({ belowAnchor }) => `${belowAnchor.length} below the anchor`,
  },
  {
    name: 'key_strength',
    find: ({ belowAnchor }) =>
      when(
        belowAnchor.some(({ key }) => weakness(key) !== undefined),
        'weak_key',
      ),
  },
  {
    name: 'signature_strength',
    find: ({ belowAnchor }) =>
      when(
        belowAnchor.some(({ signatureHash }) => !isStrongSignature(signatureHash)),
        'weak_signature',
      ),
  },
  { name: 'deny_list', find: findDenied },
  {
    name: 'revocation',
    find: ({ standings }) => objectionOf(standings, 'revoked'),
    passed: ({ standings, trust }) =>
      trust.revocation === undefined ? 'no list is asked' : standings.map(({ detail }) => detail).join('; '),
  },
  {
    name: 'subject_alt_names',
    find: ({ leaf, trust: { nameRules } }) => when(nameRules?.admits(leaf.names) === false, 'san_mismatch'),
    passed: ({ trust }) => (trust.nameRules === undefined ? 'any name is allowed' : ''),
  },
  { name: 'dates', find: findUntimely, passed: datesText },
  {
    name: 'revocation_lists',
    find: ({ standings }) => objectionOf(standings, 'crl_missing') ?? objectionOf(standings, 'crl_stale'),
  },
  { name: 'openssl', find: findByOpenssl },
  {
    // Last, so that nobody is asked about a certificate that does not pass anyway.
    name: 'ocsp',
    find: findByOcsp,
    passed: ({ ocsp, trust }) =>
      trust.ocsp === undefined ? 'nobody is asked' : `${ocsp?.detail} (${trust.ocsp.mode})`,
  },
];

/** The first objection; with `steps` every check is run, and what came of it is added there. */
export function objectionTo(examination: Examination, steps?: Step[]): Objection | undefined {
  let first: Objection | undefined;
  for (const { name, find, passed } of CHECKS) {
    if (name === 'ocsp' && first !== undefined && examination.trust.ocsp !== undefined) {
      steps?.push({ check: name, result: 'not_run', detail: 'nobody is asked about who is refused anyway' });
      break;
    }
    const objection = find(examination);
    first ??= objection;
    if (steps === undefined && first !== undefined) return first;
    steps?.push(stepOf(name, objection, passed?.(examination) ?? '', examination.openssl));
  }
  return first;
}

function stepOf(
  check: CheckName,
  objection: Objection | undefined,
  passed: string,
  openssl: OpensslResult,
): Step {
  if (objection !== undefined)
    return {
      check,
      result: 'failed',
      detail: [objection.reason, objection.detail ?? objection.message ?? ''].filter(Boolean).join(': '),
    };
  if (check === 'openssl' && openssl === 'not_run')
    return {
      check,
      result: 'not_run',
      detail: 'only a handshake shows possession of the key and what OpenSSL says of name constraints',
    };
  return { check, result: 'passed', detail: passed };
}

function findDenied({ leaf, issuers, trust, now }: Examination): Objection | undefined {
  const rule = trust.denied.find(
    leaf,
    issuers.map(({ facts }) => facts),
    now,
  );
  if (rule === undefined) return undefined;
  return {
    reason: 'denied_locally',
    detail: `by ${rule.selector.by}`,
    message: rule.message,
    until: endOf(rule),
  };
}

function objectionOf(standings: readonly Standing[], status: Standing['status']): Objection | undefined {
  const found = standings.find((standing) => standing.status === status);
  if (found === undefined || found.status === 'good') return undefined;
  return { reason: found.status, detail: found.detail, until: found.until };
}

function findUntimely({ everyone, now }: Examination): Objection | undefined {
  const early = everyone.find(({ notBefore }) => now < notBefore);
  if (early !== undefined)
    return { reason: 'not_yet_valid', detail: `'${early.subject}' begins on ${isoText(early.notBefore)}` };
  const late = everyone.find(({ notAfter }) => notAfter <= now);
  if (late === undefined) return undefined;
  return { reason: 'expired', detail: `'${late.subject}' ended on ${isoText(late.notAfter)}` };
}

function datesText({ leaf }: Examination): string {
  return `from ${isoText(leaf.notBefore)} to ${isoText(leaf.notAfter)}`;
}

function isoText(time: number): string {
  return new Date(time).toISOString();
}

function findByOpenssl({ openssl, issuers }: Examination): Objection | undefined {
  if (openssl === 'ok' || openssl === 'not_run') return undefined;
  const isConstrained = issuers.some(({ facts }) => facts.der.includes(NAME_CONSTRAINTS));
  return { reason: opensslReason(openssl, isConstrained), detail: `OpenSSL says ${openssl}` };
}

function findByOcsp({ ocsp, trust }: Examination): Objection | undefined {
  if (ocsp === undefined || ocsp.status === 'good') return undefined;
  const { status, detail, until } = ocsp;
  if (status === 'revoked') return { reason: 'revoked', detail, until };
  return trust.ocsp?.mode === 'hard' ? { reason: 'ocsp_unknown', detail, until } : undefined;
}
