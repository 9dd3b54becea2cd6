// What the verifier sees of OCSP: the answers at hand. Who fetches them is not its business.
import type { OcspQuestion } from './ocsp-question.ts';

/** What is known of one certificate at a moment. */
export interface OcspStanding {
  /** `unknown`: nobody has answered, or the answer is too old, or the responder does not know it. */
  readonly status: 'good' | 'revoked' | 'unknown';
  /** For the operator, in words. */
  readonly detail: string;
  /** Milliseconds since the epoch: when to look again. */
  readonly until: number;
}

export interface Ocsp {
  /** `hard`: nobody comes in without a good answer. `soft`: who is not known to be revoked does. */
  readonly mode: 'soft' | 'hard';
  /** Equal for the same settings. */
  readonly key: string;
  /** What is known now; where that is nothing, or will soon be, an answer is sent for. */
  standingOf(question: OcspQuestion, now: number): OcspStanding;
  /** Resolves when nothing is being asked about the certificate any more; undefined: nothing is. */
  pending(sha256: string): Promise<void> | undefined;
}
