// A TLS session made without a client certificate can be resumed by somebody who has one by now, and is then seen
// without: the person who has just imported a certificate would stay locked out until the ticket expires. So who is
// refused gets a full handshake next time, which asks again.
import type { Clock } from '../core/clock.ts';

/** Beyond this the oldest are forgotten: their owners wait for their tickets to expire, nobody gets in. */
const MAX_ENTRIES = 10_000;

interface Entry {
  /** When the last ticket of such a session is worthless. */
  readonly until: number;
  /** Good for one hello. */
  readonly isOnce: boolean;
}

export interface RefusedSession {
  /** Undefined where the client named nobody. */
  readonly sni: string | undefined;
  /**
   * A session that was resumed shows that there is such a ticket, so every hello is a full handshake until it is
   * worthless. A new one is only about to give out such a ticket: one hello, or a single stranger behind a shared
   * address would take resumption from everybody else there.
   */
  readonly isResumed: boolean;
  readonly timeoutMs: number;
}

export class UncertifiedSessions {
  readonly #clock: Clock;
  /** By address and name; insertion order is age. */
  readonly #entries = new Map<string, Entry>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(address: string, { sni, isResumed, timeoutMs }: RefusedSession): void {
    const key = keyOf(address, sni);
    const now = this.#clock.now();
    const known = this.#entries.get(key);
    if (!isResumed && known !== undefined && !known.isOnce && now < known.until) return;
    this.#entries.delete(key);
    this.#entries.set(key, { until: now + timeoutMs, isOnce: !isResumed });
    if (this.#entries.size <= MAX_ENTRIES) return;
    const [oldest] = this.#entries.keys();
    if (oldest !== undefined) this.#entries.delete(oldest);
  }

  /** Whether this hello must not resume a session. Uses up what is good for one. */
  take(address: string, sni: string | undefined): boolean {
    if (this.#entries.size === 0) return false;
    const key = keyOf(address, sni);
    const entry = this.#entries.get(key);
    if (entry === undefined) return false;
    const isInTime = this.#clock.now() < entry.until;
    if (entry.isOnce || !isInTime) this.#entries.delete(key);
    return isInTime;
  }
}

function keyOf(address: string, sni: string | undefined): string {
  return `${address} ${sni ?? ''}`;
}
