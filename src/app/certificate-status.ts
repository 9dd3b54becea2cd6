// How the certificates and revocation lists in play are doing: what is over, what soon will be, and which hosts have none.
import type { HostPattern } from '../core/host-map.ts';
import { type CrlHealth, crlHealth } from '../pki/crl-health.ts';
import type { CertificateFacts } from '../pki/identity.ts';
import type { Trust } from '../pki/trust.ts';
import type { Build } from './build.ts';
import { healthText } from './crl-issues.ts';
import type { CertificateUse } from './inventory.ts';

export type Severity = 'ok' | 'warning' | 'critical';

export interface StatusEntry {
  readonly severity: Severity;
  readonly use: CertificateUse | 'crl' | 'host';
  /** Subject of the certificate, issuer of the list, or the host. */
  readonly name: string;
  /** Setting that names it. */
  readonly place: string;
  /** ISO 8601; null: never, or it has none. */
  readonly ends: string | null;
  readonly serial: string | null;
  readonly fingerprint_sha256: string | null;
  /** What is wrong, and what to do; null: nothing. */
  readonly problem: string | null;
}

export interface StatusLimits {
  /** Days before the end. */
  readonly warning: number;
  readonly critical: number;
}

/** As long as one has more of its lifetime left than this, it is in order, however short that is. */
const FRACTION = { warning: 1 / 3, critical: 1 / 6 };
export const USUAL_LIMITS: StatusLimits = { warning: 21, critical: 7 };
const DAY_MS = 86_400_000;
/** Hosts without a certificate are named up to here. */
const MAX_HOSTS = 20;

/** `now`: milliseconds since the epoch. What is worst comes first. */
export function certificateStatus(
  { edge, served, inventory }: Pick<Build, 'edge' | 'served' | 'inventory'>,
  now: number,
  limits: StatusLimits = USUAL_LIMITS,
): StatusEntry[] {
  const trusts = new Set(edge.tls.groups.flatMap(({ trust }) => trust ?? []));
  const entries = [
    ...inventory.map(({ use, place, facts }) => ({
      use,
      place,
      name: facts.subject,
      ends: new Date(facts.notAfter).toISOString(),
      serial: facts.serial,
      fingerprint_sha256: facts.sha256,
      ...judged(facts, now, limits),
    })),
    ...listEntries(trusts, now),
    ...hostEntries(
      served.routes.routes.map(({ host }) => host),
      edge.tls.groups[0]?.credentials.all.flatMap(({ names }) => names) ?? [],
    ),
  ];
  const order: readonly Severity[] = ['critical', 'warning', 'ok'];
  return entries.toSorted((one, other) => order.indexOf(one.severity) - order.indexOf(other.severity));
}

/** The severity of the worst. */
export function worstOf(entries: readonly StatusEntry[]): Severity {
  return entries[0]?.severity ?? 'ok';
}

function judged(
  { notBefore, notAfter }: CertificateFacts,
  now: number,
  limits: StatusLimits,
): Pick<StatusEntry, 'severity' | 'problem'> {
  if (now < notBefore) return { severity: 'critical', problem: 'it is not valid yet' };
  const left = notAfter - now;
  if (left <= 0) return { severity: 'critical', problem: 'it has ended: renew it' };
  for (const severity of ['critical', 'warning'] as const) {
    const least = Math.min(limits[severity] * DAY_MS, (notAfter - notBefore) * FRACTION[severity]);
    if (left < least) return { severity, problem: `it ends in ${durationText(left)}: renew it` };
  }
  return { severity: 'ok', problem: null };
}

function durationText(ms: number): string {
  const hours = ms / 3_600_000;
  if (hours < 1) return `${Math.ceil(ms / 60_000)} minutes`;
  return hours < 48 ? `${Math.floor(hours)} hours` : `${Math.floor(hours / 24)} days`;
}

const OF_LIST: Readonly<Record<CrlHealth['state'], Severity>> = {
  current: 'ok',
  due_soon: 'warning',
  late: 'critical',
  stale: 'critical',
  future: 'warning',
};

function* listEntries(trusts: Iterable<Trust>, now: number): Generator<StatusEntry> {
  const seen = new Set<string>();
  for (const { revocation } of trusts)
    for (const health of revocation === undefined ? [] : crlHealth(revocation, now)) {
      const { crl, state } = health;
      if (seen.has(crl.sha256)) continue;
      seen.add(crl.sha256);
      yield {
        severity: OF_LIST[state],
        use: 'crl',
        name: crl.issuer,
        place: 'downstream_mtls',
        ends: crl.nextUpdate === undefined ? null : new Date(crl.nextUpdate).toISOString(),
        serial: crl.number === undefined ? null : String(crl.number),
        fingerprint_sha256: crl.sha256,
        problem: healthText(health) ?? null,
      };
    }
}

/** Hosts of routes that no certificate of the edge names: browsers will say so. */
function* hostEntries(hosts: Iterable<HostPattern>, names: readonly string[]): Generator<StatusEntry> {
  const known = new Set(names);
  const missing = new Set<string>();
  for (const pattern of hosts) {
    if (missing.size >= MAX_HOSTS) break;
    const { kind, host } = pattern;
    const wildcard = `*.${kind === 'wildcard' ? host : host.slice(host.indexOf('.') + 1)}`;
    const isNamed = known.has(wildcard) || (kind === 'exact' && known.has(host));
    if (!isNamed) missing.add(kind === 'wildcard' ? wildcard : host);
  }
  for (const name of missing)
    yield {
      severity: 'warning',
      use: 'host',
      name,
      place: 'routes',
      ends: null,
      serial: null,
      fingerprint_sha256: null,
      problem: 'no certificate of the edge names it: clients will refuse the one that they get',
    };
}
