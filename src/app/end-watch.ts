// Says in time, and again, that a revocation list or a certificate will end: after that somebody stays outside, and it must
// surprise no one.
import type { Clock } from '../core/clock.ts';
import type { Observer } from '../core/observer.ts';
import { crlHealth } from '../pki/crl-health.ts';
import type { Trust } from '../pki/trust.ts';
import type { Build } from './build.ts';
import { healthText } from './crl-issues.ts';
import type { NotedCertificate } from './inventory.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Of certificates: each is spoken of when it gets there, as far as it has lived for two thirds of its time. */
const DAYS_LEFT = [30, 14, 7, 1];

export interface EndWatchParts {
  readonly clock: Clock;
  readonly observer: Observer;
  /** Those in force. */
  readonly trusts: () => Iterable<Trust>;
  readonly certificates: () => Iterable<NotedCertificate>;
  /** How often to look. Default: a minute. */
  readonly intervalMs?: number | undefined;
}

/** Of what is in force, whatever that is by then. */
export function watchEnds(build: () => Build, clock: Clock, observer: Observer): EndWatch {
  return new EndWatch({
    clock,
    observer,
    trusts: () => build().edge.tls.groups.flatMap(({ trust }) => trust ?? []),
    certificates: () => build().inventory,
  });
}

/** Something to say, and when it is said again although nothing about it has changed. */
interface Saying {
  readonly about: string;
  readonly code: string;
  readonly detail: string;
  /** What it is told from what was said before by. */
  readonly state: string;
  readonly againMs: number;
}

export class EndWatch {
  readonly #parts: EndWatchParts;
  /** What was last said of each, and when. */
  #said = new Map<string, { readonly state: string; readonly at: number }>();
  readonly #timer: NodeJS.Timeout;

  /** Looks at once, and then until `stop`. Keeps no process alive. */
  constructor(parts: EndWatchParts) {
    this.#parts = parts;
    this.look();
    this.#timer = setInterval(() => this.look(), parts.intervalMs ?? 60_000).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /**
   * Warns of lists with the code `crl_due_soon`, `crl_late`, `crl_stale` or `crl_future`: on a change, then once an hour;
   * of certificates with `certificate_expires_soon` at 30, 14, 7 and 1 days, then `certificate_expired` once a day.
   */
  look(): void {
    const { clock, observer, trusts, certificates } = this.#parts;
    const now = clock.now();
    const said = new Map<string, { readonly state: string; readonly at: number }>();
    for (const saying of [...ofLists(trusts(), now), ...ofCertificates(certificates(), now)]) {
      const { about, code, detail, state, againMs } = saying;
      const before = this.#said.get(about);
      const isSaid = before !== undefined && before.state === state && now - before.at < againMs;
      said.set(about, isSaid ? before : { state, at: now });
      if (!isSaid) observer.warning({ time: now, code, detail });
    }
    this.#said = said;
  }
}

function* ofLists(trusts: Iterable<Trust>, now: number): Generator<Saying> {
  const seen = new Set<string>();
  for (const { revocation } of trusts)
    for (const health of revocation === undefined ? [] : crlHealth(revocation, now)) {
      const { crl, state } = health;
      const detail = healthText(health);
      const about = `list ${crl.issuer} ${crl.issuingPoint}`;
      if (detail === undefined || seen.has(about)) continue;
      seen.add(about);
      yield { about, code: `crl_${state}`, detail, state, againMs: HOUR_MS };
    }
}

function* ofCertificates(certificates: Iterable<NotedCertificate>, now: number): Generator<Saying> {
  for (const { place, facts } of certificates) {
    const left = facts.notAfter - now;
    const about = `certificate ${facts.sha256}`;
    const end = new Date(facts.notAfter).toISOString();
    const name = `${place}: '${facts.subject}'`;
    if (left <= 0) {
      const detail = `${name} ended on ${end}: renew it`;
      yield { about, code: 'certificate_expired', detail, state: 'expired', againMs: DAY_MS };
      continue;
    }
    const third = (facts.notAfter - facts.notBefore) / 3;
    const passed = DAYS_LEFT.filter((days) => left <= days * DAY_MS && days * DAY_MS <= third);
    if (passed.length === 0) continue;
    const days = Math.floor(left / DAY_MS);
    const detail = `${name} ends ${days < 1 ? 'within a day' : `in ${days} days`}, on ${end}: renew it`;
    const state = `${passed.length} passed`;
    yield { about, code: 'certificate_expires_soon', detail, state, againMs: Infinity };
  }
}
