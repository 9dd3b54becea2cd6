// Remembers who has passed, so that a leaf is parsed and judged once and not at every handshake, and so that a resumed
// session, which presents its leaf alone, can be judged with the chain of the full handshake before it.
import { createHash } from 'node:crypto';
import type { Verdict } from './identity.ts';
import { type VerifyInput, verify } from './verify.ts';

type Passed = Extract<Verdict, { ok: true }>;

/** One per TLS group. Only verdicts that passed are kept: a refusal may be due to what else was sent with the leaf. */
export class VerdictCache {
  /** By SHA-256 of the leaf, least recently used first. */
  readonly #passed = new Map<string, Passed>();
  readonly #maxEntries: number;

  /** `maxEntries`: distinct leaves, 10,000 by default; beyond it the one longest unused is forgotten. */
  constructor(maxEntries = 10_000) {
    this.#maxEntries = maxEntries;
  }

  get size(): number {
    return this.#passed.size;
  }

  /**
   * As `verify`. A verdict kept is given only within its time, for its trust version, and when OpenSSL passed this very
   * handshake. `sent: undefined` stands for a resumed session: with no chain kept, and none needed, the leaf may pass.
   */
  judge(input: VerifyInput): Verdict {
    if (input.leaf === undefined) return verify(input);
    const fingerprint = createHash('sha256').update(input.leaf).digest('base64');
    const kept = this.#passed.get(fingerprint);
    if (
      kept &&
      input.openssl === 'ok' &&
      kept.trustVersion === input.trust.version &&
      input.now < kept.until
    ) {
      this.#keep(fingerprint, kept);
      return kept;
    }
    const verdict = verify({ ...input, sent: input.sent ?? kept?.identity.chain });
    if (verdict.ok && input.openssl === 'ok') this.#keep(fingerprint, verdict);
    return verdict;
  }

  #keep(fingerprint: string, verdict: Passed): void {
    this.#passed.delete(fingerprint);
    this.#passed.set(fingerprint, verdict);
    if (this.#passed.size <= this.#maxEntries) return;
    for (const oldest of this.#passed.keys()) {
      this.#passed.delete(oldest);
      return;
    }
  }
}
