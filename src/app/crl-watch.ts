// Says in time, and again and again, that a revocation list will end: after it nobody of its CA comes in, and that must
// surprise no one.
import type { Clock } from '../core/clock.ts';
import type { Observer } from '../core/observer.ts';
import { crlHealth } from '../pki/crl-health.ts';
import type { Trust } from '../pki/trust.ts';
import { healthText } from './crl-issues.ts';

/** How often a list that is still as it was is spoken of again. */
const AGAIN_MS = 3_600_000;

export interface CrlWatchParts {
  readonly clock: Clock;
  readonly observer: Observer;
  /** Those in force. */
  readonly trusts: () => Iterable<Trust>;
  /** How often to look. Default: a minute. */
  readonly intervalMs?: number | undefined;
}

export class CrlWatch {
  readonly #parts: CrlWatchParts;
  /** What was last said of a list, and when. */
  readonly #said = new Map<string, { readonly code: string; readonly at: number }>();
  readonly #timer: NodeJS.Timeout;

  /** Looks at once, and then until `stop`. Keeps no process alive. */
  constructor(parts: CrlWatchParts) {
    this.#parts = parts;
    this.look();
    this.#timer = setInterval(() => this.look(), parts.intervalMs ?? 60_000).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Warns with the code `crl_due_soon`, `crl_late`, `crl_stale` or `crl_future`: on a change, then once an hour. */
  look(): void {
    const now = this.#parts.clock.now();
    const present = new Set<string>();
    for (const { revocation } of this.#parts.trusts()) {
      if (revocation === undefined) continue;
      for (const health of crlHealth(revocation, now)) {
        const detail = healthText(health);
        if (detail === undefined) continue;
        const { crl, state } = health;
        const list = `${crl.issuer} ${crl.issuingPoint}`;
        present.add(list);
        const code = `crl_${state}`;
        const said = this.#said.get(list);
        if (said !== undefined && said.code === code && now - said.at < AGAIN_MS) continue;
        this.#said.set(list, { code, at: now });
        this.#parts.observer.warning({ time: now, code, detail });
      }
    }
    for (const list of this.#said.keys()) if (!present.has(list)) this.#said.delete(list);
  }
}
