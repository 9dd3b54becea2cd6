// A TLS session made without a client certificate can be resumed by somebody who has one by now, and is then seen
// without: the person who has just imported a certificate would stay locked out until the ticket expires. So the next
// hello from where such a session was resumed, for the same name, gets a full handshake that asks again.
import type { Clock } from '../core/clock.ts';

/** Beyond this the oldest are forgotten: their owners wait for their tickets to expire, nobody gets in. */
const MAX_ENTRIES = 10_000;

export class UncertifiedSessions {
  readonly #clock: Clock;
  /** Address and name -> when the last ticket of such a session is worthless. Insertion order is age. */
  readonly #until = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(address: string, sni: string | undefined, sessionTimeoutMs: number): void {
    const key = keyOf(address, sni);
    this.#until.delete(key);
    this.#until.set(key, this.#clock.now() + sessionTimeoutMs);
    if (this.#until.size <= MAX_ENTRIES) return;
    const [oldest] = this.#until.keys();
    if (oldest !== undefined) this.#until.delete(oldest);
  }

  has(address: string, sni: string | undefined): boolean {
    if (this.#until.size === 0) return false;
    const key = keyOf(address, sni);
    const until = this.#until.get(key);
    if (until === undefined) return false;
    if (this.#clock.now() < until) return true;
    this.#until.delete(key);
    return false;
  }
}

function keyOf(address: string, sni: string | undefined): string {
  return `${address} ${sni ?? ''}`;
}
