// Decides whether a client certificate passes, and says exactly why when it does not. Pure: used at the handshake, when
// live connections are examined again, and by `check` and `explain`.
import { type Authority, parseAuthority } from './authority.ts';
import { buildChain, parseSent } from './chain.ts';
import { Examination, type Objection, type Step, type Subject, objectionTo } from './examine.ts';
import type { CertificateFacts, Verdict } from './identity.ts';
import type { OpensslResult } from './openssl-reason.ts';
import type { Trust } from './trust.ts';

export interface VerifyInput {
  /** DER; undefined when the client sent none. */
  readonly leaf: Buffer | undefined;
  /** What came after the leaf, DER in any order; undefined when that is not known (a resumed session). */
  readonly sent: readonly Buffer[] | undefined;
  readonly trust: Trust;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** `not_run`: the answer covers our half only, neither possession of the key nor name constraints. */
  readonly openssl: OpensslResult;
}

export interface Verified {
  readonly verdict: Verdict;
  /** With its chain, for `reexamine`; undefined where none was found. */
  readonly subject: Subject | undefined;
}

/** A certificate with thousands of names takes a tenth of a second to read, and strangers send what they like. */
const MAX_LEAF_BYTES = 16_384;

/**
 * Passes only if OpenSSL passed it and nothing here objects. The first objection is the reason, in this order:
 * 1. nothing readable, or more than 16 KiB: none_sent, malformed;
 * 2. nobody we trust vouches for it, so that what it says is hearsay: chain_unknown, unknown_issuer, bad_signature;
 * 3. it is the wrong kind of certificate: is_a_ca, wrong_eku, unknown_critical_extension, too_deep;
 * 4. it should not have been issued: weak_key, weak_signature;
 * 5. it was taken back: denied_locally, revoked; or has no name that may come in: san_mismatch;
 * 6. it is the wrong time: not_yet_valid, expired. So `expired` means that a renewal is all it takes;
 * 7. it cannot be known whether it was taken back: crl_missing, crl_stale;
 * 8. whatever OpenSSL alone found: name_constraint and the rest;
 * 9. OCSP has revoked it, or nobody has said that it is good: revoked, ocsp_unknown.
 * An absent extended key usage allows every use (RFC 5280 4.2.1.12, as in OpenSSL and Go); one that is there must name
 * clientAuth, and anyExtendedKeyUsage does not stand for it (as in OpenSSL).
 *
 * With `steps` every check is run and what came of it is added there.
 */
export function verify(input: VerifyInput, steps?: Step[]): Verdict {
  return verifyWithChain(input, steps).verdict;
}

/** The same, with the chain, so that it need not be built again. */
export function verifyWithChain(input: VerifyInput, steps?: Step[]): Verified {
  const { trust, now } = input;
  const hopeless = (reason: 'none_sent' | 'malformed'): Verified => {
    steps?.push({ check: 'chain', result: 'failed', detail: reason });
    return { verdict: refusal(trust, { reason }, undefined, Infinity), subject: undefined };
  };
  if (input.leaf === undefined) return hopeless('none_sent');
  if (input.leaf.length > MAX_LEAF_BYTES) return hopeless('malformed');
  let leaf: Authority;
  try {
    leaf = parseAuthority(input.leaf);
  } catch {
    return hopeless('malformed');
  }
  const sent = parseSent(input.sent ?? []);
  const built = buildChain(leaf, sent, trust, now);
  const involved = [leaf, ...sent, ...trust.anchors].map(({ facts }) => facts);
  if (built.chain === undefined) {
    const reason = input.sent === undefined ? 'chain_unknown' : built.reason;
    steps?.push({ check: 'chain', result: 'failed', detail: reason });
    return {
      verdict: refusal(trust, { reason }, leaf.facts, nextChange(involved, now)),
      subject: undefined,
    };
  }
  const { chain } = built;
  steps?.push({ check: 'chain', result: 'passed', detail: `ends at '${chain.anchor.facts.subject}'` });
  const subject = { leaf: leaf.facts, chain };
  const examination = new Examination(subject, trust, now, input.openssl);
  const objection = objectionTo(examination, steps);
  if (objection === undefined) return { verdict: passed(subject, examination), subject };
  const until = Math.min(nextChange(involved, now), listsChange(examination));
  return { verdict: refusal(trust, objection, leaf.facts, until), subject };
}

/**
 * The verdict on somebody who passed under another trust or at another time, in microseconds: no certificate is parsed
 * and no chain built. Undefined when the anchor of that chain is trusted no more: then `verify` has to look for another.
 */
export function reexamine(subject: Subject, trust: Trust, now: number): Verdict | undefined {
  const { sha256 } = subject.chain.anchor.facts;
  if (!trust.anchors.some(({ facts }) => facts.sha256 === sha256)) return undefined;
  const examination = new Examination(subject, trust, now, 'ok');
  const objection = objectionTo(examination);
  if (objection === undefined) return passed(subject, examination);
  const involved = [...examination.everyone, ...trust.anchors.map(({ facts }) => facts)];
  const until = Math.min(nextChange(involved, now), listsChange(examination));
  return refusal(trust, objection, subject.leaf, until);
}

function passed({ leaf, chain }: Subject, { trust, passesUntil }: Examination): Verdict {
  const intermediates = chain.intermediates.map(({ facts }) => facts.der);
  return {
    ok: true,
    identity: { leaf, chain: intermediates },
    until: passesUntil,
    trustVersion: trust.version,
  };
}

/** The next moment at which a certificate involved starts or stops being valid. */
function nextChange(involved: readonly CertificateFacts[], now: number): number {
  let next = Infinity;
  for (const { notBefore, notAfter } of involved)
    for (const moment of [notBefore, notAfter]) if (moment > now && moment < next) next = moment;
  return next;
}

function listsChange({ standings, now }: Examination): number {
  let next = Infinity;
  for (const { until } of standings) if (until > now && until < next) next = until;
  return next;
}

function refusal(
  trust: Trust,
  { reason, detail, message, until: end = Infinity }: Objection,
  shown: CertificateFacts | undefined,
  until: number,
): Verdict {
  const next = Math.min(until, end);
  return { ok: false, reason, shown, detail, message, until: next, trustVersion: trust.version };
}
