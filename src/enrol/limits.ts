// How often may be tried and how much may be had. Counted by each process for itself, and anew after a reload: what keeps
// strangers out is that a token has 256 bits, these keep them from being a burden.
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { addressGroup } from '../core/address-group.ts';
import { EnrolFault } from './enrol-fault.ts';

/** Wrong tokens from one address a minute. */
const WRONG_TOKENS = { points: 10, duration: 60 };
/** Certificates for one name an hour. */
const CERTIFICATES = { points: 10, duration: 3600 };

export class EnrolLimits {
  readonly #wrongTokens = new RateLimiterMemory(WRONG_TOKENS);
  readonly #certificates = new RateLimiterMemory(CERTIFICATES);

  /** Throws `too_many_tries` where this address has shown too many wrong tokens. */
  async mayTry(address: string): Promise<void> {
    const seen = await this.#wrongTokens.get(addressGroup(address));
    if (seen !== null && seen.remainingPoints <= 0)
      throw new EnrolFault('too_many_tries', undefined, secondsOf(seen));
  }

  async noteWrongToken(address: string): Promise<void> {
    await this.#wrongTokens.penalty(addressGroup(address));
  }

  /** Throws `too_many_certificates` where these names were given too many. */
  async takeCertificate(names: string): Promise<void> {
    try {
      await this.#certificates.consume(names);
    } catch (fault) {
      if (fault instanceof RateLimiterRes)
        throw new EnrolFault('too_many_certificates', undefined, secondsOf(fault));
      throw fault;
    }
  }
}

const secondsOf = ({ msBeforeNext }: RateLimiterRes): number => Math.max(1, Math.ceil(msBeforeNext / 1000));
