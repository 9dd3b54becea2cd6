// Remembers who has passed, so that a leaf is parsed and judged once and not at every handshake, and so that a resumed
// session, which presents its leaf alone, can be judged with the chain of the full handshake before it.
import { createHash } from 'node:crypto';
import type { Subject } from './examine.ts';
import type { Verdict } from './identity.ts';
import { type VerifyInput, reexamine, verify, verifyWithChain } from './verify.ts';

interface Passed {
  readonly verdict: Extract<Verdict, { ok: true }>;
  readonly subject: Subject;
}

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
    const fingerprint = fingerprintOf(input.leaf);
    const kept = this.#passed.get(fingerprint);
    if (kept !== undefined && input.openssl === 'ok') {
      const again = this.#again(kept, input);
      if (again?.ok === true) {
        this.#keep(fingerprint, { verdict: again, subject: kept.subject });
        return again;
      }
      // Another chain may have been sent this time.
      if (again !== undefined && input.sent === undefined) return again;
    }
    const sent = input.sent ?? kept?.verdict.identity.chain;
    const { verdict, subject } = verifyWithChain({ ...input, sent });
    if (verdict.ok && subject !== undefined && input.openssl === 'ok')
      this.#keep(fingerprint, { verdict, subject });
    return verdict;
  }

  /** What was found of this leaf, DER. */
  forget(leaf: Buffer): void {
    this.#passed.delete(fingerprintOf(leaf));
  }

  #again({ verdict, subject }: Passed, { trust, now }: VerifyInput): Verdict | undefined {
    const isInForce = verdict.trustVersion === trust.version && now < verdict.until;
    return isInForce ? verdict : reexamine(subject, trust, now);
  }

  #keep(fingerprint: string, passed: Passed): void {
    this.#passed.delete(fingerprint);
    this.#passed.set(fingerprint, passed);
    if (this.#passed.size <= this.#maxEntries) return;
    for (const oldest of this.#passed.keys()) {
      this.#passed.delete(oldest);
      return;
    }
  }
}

function fingerprintOf(leaf: Buffer): string {
  return createHash('sha256').update(leaf).digest('base64');
}
