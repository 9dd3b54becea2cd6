// When two trusts say the same, so that verdicts made under one hold under the other.
import { hash } from 'node:crypto';
import type { Crl } from './crl.ts';
import { type Revocation, endOf } from './revocation.ts';
import type { Trust } from './trust.ts';

/** What comes into force after `previous`: that itself, or its version where nobody would be judged otherwise now. */
export function settled(next: Trust, previous: Trust | undefined, now: number): Trust {
  if (previous === undefined) return next;
  if (isSameTrust(next, previous)) return previous;
  return saysTheSame(next, previous, now) ? { ...next, version: previous.version } : next;
}

/** Nothing at all differs: the older one may stay. */
export function isSameTrust(one: Trust, other: Trust): boolean {
  return isSameButForLists(one, other) && keysOf(one, 'sha256') === keysOf(other, 'sha256');
}

/**
 * Nobody would be judged otherwise, now: the lists may be newer editions that revoke the same certificates. Verdicts made
 * under the other then end when its lists do, and are made anew under this one.
 */
export function saysTheSame(one: Trust, other: Trust, now: number): boolean {
  return (
    isSameButForLists(one, other) &&
    keysOf(one, 'entriesSha256') === keysOf(other, 'entriesSha256') &&
    isCurrent(one.revocation, now) &&
    isCurrent(other.revocation, now)
  );
}

/** The same wherever the same is trusted, in other processes too; newer lists that revoke the same change nothing. */
export function trustFingerprint(trust: Trust): string {
  return hash('sha256', JSON.stringify([settingsKey(trust), keysOf(trust, 'entriesSha256')]));
}

function isSameButForLists(one: Trust, other: Trust): boolean {
  return settingsKey(one) === settingsKey(other);
}

function settingsKey({ caPem, maxVerifyDepth, denied, nameRules, revocation, ocsp }: Trust): string {
  const { scope, freshness, graceMs } = revocation ?? {};
  const cas = caPem.toSorted();
  const lists = [scope, freshness, graceMs];
  return JSON.stringify([cas, maxVerifyDepth, denied.rules, nameRules?.patterns, lists, ocsp?.key]);
}

const listsOf = ({ lists }: Revocation): Crl[] => [...lists.values()].flat();

function keysOf({ revocation }: Trust, key: 'sha256' | 'entriesSha256'): string {
  if (revocation === undefined) return '';
  return listsOf(revocation)
    .map((crl) => `${crl.issuer} ${crl.issuingPoint} ${crl.deltaBase ?? ''} ${crl[key]}`)
    .toSorted()
    .join('\n');
}

function isCurrent(revocation: Revocation | undefined, now: number): boolean {
  if (revocation === undefined) return true;
  return listsOf(revocation).every((crl) => crl.thisUpdate <= now && now < endOf(crl, revocation));
}
