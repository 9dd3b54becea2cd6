// Decides whether a client certificate passes, and says exactly why when it does not. Pure: used at the handshake, when
// live connections are examined again, and by `check` and `explain`.
import { type Authority, parseAuthority } from './authority.ts';
import { type Chain, buildChain, parseSent } from './chain.ts';
import type { CertificateFacts, RefusalReason, Verdict } from './identity.ts';
import { type OpensslResult, opensslReason } from './openssl-reason.ts';
import { isStrongSignature } from './signature-hash.ts';
import { weakness } from './strength.ts';
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

/** A certificate with thousands of names takes a tenth of a second to read, and strangers send what they like. */
const MAX_LEAF_BYTES = 16_384;
const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';
/** The DER of the OID 2.5.29.30. */
const NAME_CONSTRAINTS = Buffer.from('0603551d1e', 'hex');

/**
 * Passes only if OpenSSL passed it and nothing here objects. The first objection is the reason, in this order:
 * 1. nothing readable, or more than 16 KiB: none_sent, malformed;
 * 2. nobody we trust vouches for it, so that what it says is hearsay: chain_unknown, unknown_issuer, bad_signature;
 * 3. it is the wrong kind of certificate: is_a_ca, wrong_eku, unknown_critical_extension, too_deep;
 * 4. it should not have been issued: weak_key, weak_signature;
 * 5. it is the wrong time: not_yet_valid, expired. So `expired` means that a renewal is all it takes;
 * 6. whatever OpenSSL alone found: name_constraint and the rest.
 * An absent extended key usage allows every use (RFC 5280 4.2.1.12, as in OpenSSL and Go); one that is there must name
 * clientAuth, and anyExtendedKeyUsage does not stand for it (as in OpenSSL).
 */
export function verify(input: VerifyInput): Verdict {
  const { trust, now } = input;
  if (input.leaf === undefined) return refusal(trust, 'none_sent', undefined, Infinity);
  if (input.leaf.length > MAX_LEAF_BYTES) return refusal(trust, 'malformed', undefined, Infinity);
  let leaf: Authority;
  try {
    leaf = parseAuthority(input.leaf);
  } catch {
    return refusal(trust, 'malformed', undefined, Infinity);
  }
  const sent = parseSent(input.sent ?? []);
  const refuse = (reason: RefusalReason): Verdict =>
    refusal(trust, reason, leaf.facts, nextChange([leaf, ...sent, ...trust.anchors], now));

  const built = buildChain(leaf, sent, trust, now);
  if (built.chain === undefined) return refuse(input.sent === undefined ? 'chain_unknown' : built.reason);
  const objection = objectionTo(leaf, built.chain, trust) ?? objectionAt(leaf, built.chain, now);
  if (objection !== undefined) return refuse(objection);
  if (input.openssl !== 'ok' && input.openssl !== 'not_run')
    return refuse(opensslReason(input.openssl, hasNameConstraints(built.chain)));

  const chain = built.chain.intermediates.map(({ facts }) => facts.der);
  const until = Math.min(...everyone(leaf, built.chain).map(({ notAfter }) => notAfter));
  return { ok: true, identity: { leaf: leaf.facts, chain }, until, trustVersion: trust.version };
}

/** What is wrong with the chain at any time. */
function objectionTo(leaf: Authority, { intermediates }: Chain, trust: Trust): RefusalReason | undefined {
  const belowAnchor = [leaf, ...intermediates].map(({ facts }) => facts);
  if (leaf.facts.isCa) return 'is_a_ca';
  if (belowAnchor.some(({ extendedKeyUsage }) => extendedKeyUsage?.includes(CLIENT_AUTH) === false))
    return 'wrong_eku';
  if (belowAnchor.some(({ unknownCritical }) => unknownCritical.length > 0))
    return 'unknown_critical_extension';
  if (trust.maxVerifyDepth !== 0 && belowAnchor.length > trust.maxVerifyDepth) return 'too_deep';
  if (belowAnchor.some(({ key }) => weakness(key) !== undefined)) return 'weak_key';
  if (belowAnchor.some((facts) => !isStrongSignature(facts.signatureHash))) return 'weak_signature';
  return undefined;
}

/** What is wrong with it now. */
function objectionAt(leaf: Authority, chain: Chain, now: number): RefusalReason | undefined {
  const all = everyone(leaf, chain);
  if (all.some(({ notBefore }) => now < notBefore)) return 'not_yet_valid';
  return all.some(({ notAfter }) => notAfter <= now) ? 'expired' : undefined;
}

function everyone(leaf: Authority, { intermediates, anchor }: Chain): CertificateFacts[] {
  return [leaf, ...intermediates, anchor].map(({ facts }) => facts);
}

function hasNameConstraints({ intermediates, anchor }: Chain): boolean {
  return [...intermediates, anchor].some(({ facts }) => facts.der.includes(NAME_CONSTRAINTS));
}

/** The next moment at which a certificate involved starts or stops being valid. */
function nextChange(involved: readonly Authority[], now: number): number {
  let next = Infinity;
  for (const { facts } of involved)
    for (const moment of [facts.notBefore, facts.notAfter]) if (moment > now && moment < next) next = moment;
  return next;
}

function refusal(
  trust: Trust,
  reason: RefusalReason,
  shown: CertificateFacts | undefined,
  until: number,
): Verdict {
  return { ok: false, reason, shown, until, trustVersion: trust.version };
}
