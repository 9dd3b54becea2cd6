// Addresses that fail again and again to come in: whoever tries certificates, or scans, gets no more handshakes for a while,
// which cost a thousand times what a refused connection does.
import { addressGroup } from '../core/address-group.ts';
import { RateLimit } from '../core/rate-limit.ts';
import type { SharedLimits } from '../core/shared-limits.ts';

const PERIOD_MS = 60_000;

export class FailedHandshakes {
  readonly #shared: SharedLimits | undefined;
  #limit: RateLimit | undefined;

  constructor(shared: SharedLimits | undefined) {
    this.#shared = shared;
  }

  /** `perMinute`: of one address; 0 for no limit. What was counted stays, as long as the number is the same. */
  set perMinute(count: number) {
    if (count === (this.#limit?.rate.count ?? 0)) return;
    this.#limit = count === 0 ? undefined : new RateLimit({ count, periodMs: PERIOD_MS, burst: count });
    this.#shared?.use('failed handshakes', this.#limit === undefined ? [] : [['', this.#limit]]);
  }

  get perMinute(): number {
    return this.#limit?.rate.count ?? 0;
  }

  /** '' is a unix socket, where all have the same address. */
  note(address: string): void {
    if (address !== '') this.#limit?.take(addressGroup(address), performance.now());
  }

  isBlocked(address: string): boolean {
    return address !== '' && this.#limit?.isFree(addressGroup(address), performance.now()) === false;
  }
}
