// What the revocation lists say of one certificate. Several lists an issuer, partitions and deltas included; a list
// counts only where the issuer's key signed it. What no list speaks of is not good: it is missing, or out of date.
import type { Authority } from './authority.ts';
import type { Crl } from './crl.ts';
import type { CrlEntry } from './crl-entries.ts';
import { ALL_REASONS, type CertificatePoint, directoryPoint, parsePoints } from './crl-points.ts';
import type { CertificateFacts } from './identity.ts';
import { nameKey } from './name-key.ts';

/** `strict`: a list is good until its nextUpdate; `grace`: and for a while after; `ignore`: for ever. */
export type CrlFreshness = 'strict' | 'grace' | 'ignore';

export interface Revocation {
  /** Whether every certificate below the anchor is looked up, or the leaf alone. */
  readonly scope: 'chain' | 'leaf';
  readonly freshness: CrlFreshness;
  /** Milliseconds; used with `grace` only. */
  readonly graceMs: number;
  /** By issuer, as `nameKey` has it; newest first. */
  readonly lists: ReadonlyMap<string, readonly Crl[]>;
}

export interface RevocationSettings {
  readonly scope: Revocation['scope'];
  readonly freshness: CrlFreshness;
  readonly graceMs: number;
  readonly crls: readonly Crl[];
}

/** A list given twice counts once. */
export function compileRevocation({ scope, freshness, graceMs, crls }: RevocationSettings): Revocation {
  const lists = new Map<string, Crl[]>();
  const known = new Set<string>();
  for (const crl of crls.toSorted(byAge)) {
    if (known.has(crl.sha256)) continue;
    known.add(crl.sha256);
    const key = nameKey(crl.issuer);
    const others = lists.get(key);
    if (others === undefined) lists.set(key, [crl]);
    else others.push(crl);
  }
  return Object.freeze({ scope, freshness, graceMs, lists });
}

/** Newest first. */
function byAge(one: Crl, other: Crl): number {
  if (one.thisUpdate !== other.thisUpdate) return other.thisUpdate - one.thisUpdate;
  return Number((other.number ?? 0n) - (one.number ?? 0n));
}

export interface Standing {
  readonly status: 'good' | 'revoked' | 'crl_missing' | 'crl_stale';
  /** For the operator, in words. */
  readonly detail: string;
  /** Milliseconds since the epoch: when the lists at hand may say something else. */
  readonly until: number;
}

/**
 * RFC 5280 6.3.3, for the lists at hand. Only those count which one of `signers` signed: the
 * issuer, or another certificate of that CA in the chain, which has one name and two keys while it changes its key. An
 * entry revokes even in a list that is out of date or not yet in force.
 */
export function standingOf(
  subject: CertificateFacts,
  signers: readonly Authority[],
  revocation: Revocation,
  now: number,
): Standing {
  const points = certificatePoints(subject);
  let covered = 0;
  let coveredByStale = 0;
  let until = Infinity;
  let staleSince: number | undefined;
  let newest: Crl | undefined;
  for (const partition of partitionsFor(subject, points, signers, revocation)) {
    const verdict = lookUp(partition, subject.serial, now);
    if (verdict !== undefined)
      return { status: 'revoked', detail: revokedText(verdict.entry, verdict.crl), until: Infinity };
    for (const { thisUpdate } of partition.lists) if (thisUpdate > now) until = Math.min(until, thisUpdate);
    const complete = partition.lists.find((crl) => crl.deltaBase === undefined && crl.thisUpdate <= now);
    if (complete === undefined) continue;
    const goodUntil = endOf(complete, revocation);
    coveredByStale |= partition.reasons;
    if (now < goodUntil) {
      covered |= partition.reasons;
      until = Math.min(until, goodUntil);
    } else staleSince = Math.max(staleSince ?? 0, goodUntil);
    newest ??= complete;
  }
  if (covered === ALL_REASONS) return { status: 'good', detail: newest ? listText(newest) : '', until };
  if (coveredByStale === ALL_REASONS && staleSince !== undefined) {
    const since = Number.isFinite(staleSince) && staleSince > 0 ? ` since ${isoSecond(staleSince)}` : '';
    return { status: 'crl_stale', detail: `the list of '${subject.issuer}' is out of date${since}`, until };
  }
  return { status: 'crl_missing', detail: `there is no list of '${subject.issuer}'`, until };
}

/** When a list ceases to be good, milliseconds since the epoch. One that names no end is good only where age is ignored. */
export function endOf(crl: Crl, { freshness, graceMs }: Revocation): number {
  if (freshness === 'ignore') return Infinity;
  if (crl.nextUpdate === undefined) return 0;
  return freshness === 'grace' ? crl.nextUpdate + graceMs : crl.nextUpdate;
}

/** Lists of one issuing distribution point, newest first, and the reasons that they answer for. */
interface Partition {
  readonly lists: Crl[];
  reasons: number;
}

function partitionsFor(
  subject: CertificateFacts,
  points: readonly CertificatePoint[],
  signers: readonly Authority[],
  { lists }: Revocation,
): Iterable<Partition> {
  const partitions = new Map<string, Partition>();
  for (const crl of lists.get(nameKey(subject.issuer)) ?? []) {
    const reasons = reasonsFor(crl, subject, points);
    if (reasons === 0) continue;
    if (!signers.some((signer) => isSigner(signer, crl))) continue;
    const partition = partitions.get(crl.issuingPoint);
    if (partition === undefined) partitions.set(crl.issuingPoint, { lists: [crl], reasons });
    else partition.lists.push(crl);
  }
  return partitions.values();
}

function isSigner({ facts, publicKey }: Authority, crl: Crl): boolean {
  return facts.mayIssueCrls && crl.isSignedBy(publicKey, facts.spkiSha256);
}

/** For which reasons of revocation a list speaks of this certificate; 0: of others only. */
function reasonsFor(
  { coverage }: Crl,
  { isCa }: CertificateFacts,
  points: readonly CertificatePoint[],
): number {
  if (coverage.subjects === 'none') return 0;
  if (coverage.subjects !== 'all' && (coverage.subjects === 'cas') !== isCa) return 0;
  const { points: ofList } = coverage;
  if (ofList === undefined) return coverage.reasons;
  let reasons = 0;
  for (const point of points)
    if (point.names.some((name) => ofList.includes(name))) reasons |= point.reasons & coverage.reasons;
  return reasons;
}

/** Those in the certificate, and the one that every certificate has (RFC 5280 6.3.3, last paragraph). */
function certificatePoints({ crlPoints, issuer }: CertificateFacts): CertificatePoint[] {
  const usual = { names: [directoryPoint(issuer)], reasons: ALL_REASONS };
  if (crlPoints === undefined) return [usual];
  try {
    return [...parsePoints(crlPoints, issuer), usual];
  } catch {
    return [usual];
  }
}

/** The entry that revokes, if there is one: in the newest complete list, in any of the future, or in a later delta. */
function lookUp(
  { lists }: Partition,
  serial: string,
  now: number,
): { readonly entry: CrlEntry; readonly crl: Crl } | undefined {
  let found: { entry: CrlEntry; crl: Crl } | undefined;
  const complete = lists.find((crl) => crl.deltaBase === undefined && crl.thisUpdate <= now);
  for (const crl of lists.toReversed()) {
    const isFuture = crl.thisUpdate > now;
    if (crl.deltaBase === undefined && crl !== complete && !isFuture) continue;
    if (crl.deltaBase !== undefined && complete !== undefined && !addsTo(crl, complete)) continue;
    const entry = crl.entry(serial);
    if (entry === undefined) continue;
    if (entry.reason !== 'removeFromCRL') found = { entry, crl };
    else if (!isFuture && now < (crl.nextUpdate ?? 0) && found?.entry.reason === 'certificateHold')
      found = undefined;
  }
  return found;
}

/** Whether a delta has something to say that the complete list does not know yet (RFC 5280 5.2.4). */
function addsTo({ deltaBase, number }: Crl, complete: Crl): boolean {
  if (deltaBase === undefined || number === undefined || complete.number === undefined) return true;
  return deltaBase <= complete.number && number > complete.number;
}

function revokedText({ revokedAt, reason }: CrlEntry, crl: Crl): string {
  const why = reason === undefined ? '' : ` (${reason})`;
  return `revoked on ${isoSecond(revokedAt)}${why} by ${listText(crl)}`;
}

function listText({ issuer, number, thisUpdate }: Crl): string {
  const which = number === undefined ? 'the list' : `list ${number}`;
  return `${which} of '${issuer}' made on ${isoSecond(thisUpdate)}`;
}

function isoSecond(time: number): string {
  return new Date(time).toISOString().replace('.000Z', 'Z');
}
