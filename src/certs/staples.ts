// OCSP answers about our own certificates, for clients that ask for them in the handshake (RFC 6066 8): fetched from whom the
// CA names, checked, kept, and renewed at half of their time. A certificate whose CA names nobody has none.
import { createHash } from 'node:crypto';
import type { Clock } from '../core/clock.ts';
import { type Authority, parseAuthority } from '../pki/authority.ts';
import type { Credential } from '../pki/credential.ts';
import type { CertificateFacts } from '../pki/identity.ts';
import { readOcspAnswer } from '../pki/ocsp-answer.ts';
import { ocspRequestFor, responderIn } from '../pki/ocsp-question.ts';
import { download } from './download.ts';

export interface StaplesParts {
  readonly clock: Clock;
  /** An answer could not be had; said again after an hour of it. */
  readonly onFailure: (facts: CertificateFacts, why: string) => void;
}

interface Entry {
  readonly leaf: CertificateFacts;
  readonly issuer: Authority;
  readonly url: URL;
  bytes: Buffer | undefined;
  /** Milliseconds since the epoch; the answer is good for nothing from then on. */
  until: number;
  timer: NodeJS.Timeout | undefined;
  failures: number;
  failedAt: number;
}

const TIMEOUT_MS = 10_000;
const MAX_BYTES = 64 * 1024;
const FIRST_RETRY_MS = 30_000;
const MAX_WAIT_MS = 3_600_000;

export class Staples {
  readonly #parts: StaplesParts;
  /** By the SHA-256 of the leaf. */
  #entries = new Map<string, Entry>();
  #stopping = new AbortController();

  constructor(parts: StaplesParts) {
    this.#parts = parts;
  }

  /** From now on for these, and no others. */
  follow(credentials: Iterable<Credential>): void {
    const entries = new Map<string, Entry>();
    for (const credential of credentials) {
      const { sha256 } = credential.leaf;
      const entry = this.#entries.get(sha256) ?? entryOf(credential);
      if (entry === undefined || entries.has(sha256)) continue;
      entries.set(sha256, entry);
      if (!this.#entries.has(sha256)) void this.#renew(entry);
    }
    for (const [sha256, { timer }] of this.#entries) if (!entries.has(sha256)) clearTimeout(timer);
    this.#entries = entries;
  }

  /** DER of the answer about a certificate, DER; undefined: there is none that counts. */
  get(certificate: Buffer): Buffer | undefined {
    if (this.#entries.size === 0) return undefined;
    const entry = this.#entries.get(createHash('sha256').update(certificate).digest('hex'));
    return entry !== undefined && this.#parts.clock.now() < entry.until ? entry.bytes : undefined;
  }

  stop(): void {
    this.#stopping.abort();
    this.#stopping = new AbortController();
    this.follow([]);
  }

  /** Never throws. */
  async #renew(entry: Entry): Promise<void> {
    const { clock, onFailure } = this.#parts;
    const { signal } = this.#stopping;
    const { leaf, issuer, url } = entry;
    let waitMs: number;
    try {
      const question = { leaf, issuer };
      const limits = { maxBytes: MAX_BYTES, timeoutMs: TIMEOUT_MS, signal };
      const post = { type: 'application/ocsp-request', body: ocspRequestFor(question) };
      const found = await download(url, undefined, limits, post);
      const now = clock.now();
      if (found === undefined) throw new Error('nothing came');
      const { status, detail, until } = readOcspAnswer(found.bytes, question, now);
      // One that says so would lock everybody out where the one before does not: clients must not learn it from us late.
      if (status === 'unknown') throw new Error(detail);
      entry.bytes = found.bytes;
      entry.until = until;
      entry.failures = 0;
      if (status === 'revoked') onFailure(leaf, detail);
      waitMs = Math.min(Math.max((until - now) / 2, FIRST_RETRY_MS), MAX_WAIT_MS);
    } catch (error) {
      if (signal.aborted) return;
      entry.failures++;
      const now = clock.now();
      if (entry.failures === 1 || now - entry.failedAt >= MAX_WAIT_MS) {
        entry.failedAt = now;
        onFailure(leaf, error instanceof Error ? error.message : String(error));
      }
      waitMs = Math.min(FIRST_RETRY_MS * 2 ** Math.min(entry.failures - 1, 10), MAX_WAIT_MS);
    }
    if (signal.aborted || this.#entries.get(leaf.sha256) !== entry) return;
    entry.timer = setTimeout(() => void this.#renew(entry), waitMs).unref();
  }
}

/** Undefined where nobody can be asked, or the issuer is not in the chain. */
function entryOf({ leaf, chain: [issuer] }: Credential): Entry | undefined {
  const named = responderIn(leaf);
  if (named === undefined || issuer === undefined) return undefined;
  return {
    leaf,
    issuer: parseAuthority(issuer.der),
    url: new URL(named),
    bytes: undefined,
    until: 0,
    timer: undefined,
    failures: 0,
    failedAt: 0,
  };
}
