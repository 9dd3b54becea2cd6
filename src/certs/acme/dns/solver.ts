// dns-01 (RFC 8555 8.4): the record is put where CNAMEs lead, and the server is told only once its name servers have it.
import { setTimeout as delay } from 'node:timers/promises';
import type { ChallengeAnswer, ChallengeSolver } from '../challenges.ts';
import { AcmeProblem } from '../problem.ts';
import { followCnames, hasRecord } from './lookup.ts';
import type { DnsProvider } from './provider.ts';

export interface DnsSettings {
  /** Addresses of the name servers that are asked, with ports where they are not 53; empty: those of the system. */
  readonly resolvers: readonly string[];
  /** How long to wait for the record to be seen; 0: it is not looked for. */
  readonly propagationMs: number;
}

const FIRST_LOOK_MS = 250;
const MAX_LOOK_MS = 10_000;
/** To take the record away, also where the order was given up. */
const REMOVAL_MS = 60_000;

export class DnsSolver implements ChallengeSolver {
  readonly #provider: DnsProvider;
  readonly #settings: DnsSettings;

  constructor(provider: DnsProvider, settings: DnsSettings) {
    this.#provider = provider;
    this.#settings = settings;
  }

  /** Throws what the provider throws, and AcmeProblem where the record is not seen in time. */
  async present(
    { host, keyAuthorization: value }: ChallengeAnswer,
    signal: AbortSignal,
  ): Promise<() => Promise<void>> {
    const name = await followCnames(`_acme-challenge.${host}`, this.#settings.resolvers);
    const remove = await this.#provider.add({ host, name, value }, signal);
    const takeAway = async (): Promise<void> => {
      // What is left over does no harm: a record is worth something for one challenge only.
      await remove(AbortSignal.timeout(REMOVAL_MS)).catch(() => {});
    };
    try {
      await this.#untilSeen(name, value, signal);
    } catch (error) {
      await takeAway();
      throw error;
    }
    return takeAway;
  }

  async #untilSeen(name: string, value: string, signal: AbortSignal): Promise<void> {
    const { resolvers, propagationMs } = this.#settings;
    if (propagationMs === 0) return;
    const deadline = performance.now() + propagationMs;
    for (let waitMs = FIRST_LOOK_MS; ; waitMs = Math.min(waitMs * 2, MAX_LOOK_MS)) {
      if (await hasRecord(name, value, resolvers)) return;
      if (performance.now() + waitMs > deadline)
        throw new AcmeProblem(`the record ${name} is not seen after ${propagationMs / 1000} s`, {
          type: 'dns',
          status: 0,
        });
      await delay(waitMs, undefined, { signal });
    }
  }
}
