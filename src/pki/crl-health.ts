// How the revocation lists at hand are doing: what an operator must hear of before `nextUpdate`, because after it nobody
// of that CA comes in.
import type { Crl } from './crl.ts';
import { type Revocation, endOf } from './revocation.ts';

export type CrlState = 'current' | 'due_soon' | 'late' | 'stale' | 'future';

export interface CrlHealth {
  readonly crl: Crl;
  /**
   * `due_soon`: the last quarter of its time; `late`: past `nextUpdate`, still good by `crl_freshness`; `stale`: good no
   * more, so that the CA's clients are refused; `future`: not yet in force.
   */
  readonly state: CrlState;
  /** Milliseconds since the epoch; Infinity: never. */
  readonly goodUntil: number;
}

/** The newest list of each partition of each issuer; deltas are left out. */
export function crlHealth(revocation: Revocation, now: number): CrlHealth[] {
  const newest = new Map<string, Crl>();
  for (const crl of [...revocation.lists.values()].flat()) {
    const key = `${crl.issuer} ${crl.issuingPoint}`;
    if (crl.deltaBase === undefined && !newest.has(key)) newest.set(key, crl);
  }
  return Array.from(newest.values(), (crl) => ({
    crl,
    state: stateOf(crl, revocation, now),
    goodUntil: endOf(crl, revocation),
  }));
}

function stateOf(crl: Crl, revocation: Revocation, now: number): CrlState {
  if (crl.thisUpdate > now) return 'future';
  if (now >= endOf(crl, revocation)) return 'stale';
  const { thisUpdate, nextUpdate = 0 } = crl;
  if (now >= nextUpdate) return 'late';
  return now >= nextUpdate - (nextUpdate - thisUpdate) / 4 ? 'due_soon' : 'current';
}
