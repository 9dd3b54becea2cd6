// OCSP answers: asked for when a certificate is first seen, kept while they count, renewed before they end.
import type { Clock } from '../core/clock.ts';
import { type OcspAnswer, readOcspAnswer } from '../pki/ocsp-answer.ts';
import { type OcspQuestion, ocspRequestFor, responderIn } from '../pki/ocsp-question.ts';
import type { Ocsp, OcspStanding } from '../pki/ocsp.ts';
import { download } from './download.ts';

export interface OcspSettings {
  readonly mode: Ocsp['mode'];
  /** Asked about every certificate, whatever it says itself. */
  readonly responder: string | undefined;
  /** Hosts that may be asked where the certificate names them. */
  readonly hosts: readonly string[];
}

interface Entry {
  answer: OcspAnswer | undefined;
  /** Why there is none, or why the last try failed. */
  fault: string | undefined;
  /** Milliseconds since the epoch: when to ask again. */
  askAt: number;
  pending: Promise<void> | undefined;
}

const TIMEOUT_MS = 5000;
const MAX_BYTES = 64 * 1024;
const RETRY_MS = 15_000;
/** How soon to look again while an answer is on its way. */
const SOON_MS = 1000;
const MAX_ENTRIES = 10_000;

export class OcspAnswers {
  readonly #clock: Clock;
  /** By responder setting and certificate, least recently used first. */
  readonly #entries = new Map<string, Entry>();
  readonly #stopped = new AbortController();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The answers as one trust sees them. */
  under(settings: OcspSettings): Ocsp {
    const key = JSON.stringify(settings);
    const at = (sha256: string): string => `${settings.responder} ${settings.hosts.join()} ${sha256}`;
    return {
      mode: settings.mode,
      key,
      standingOf: (question, now) => this.#standingOf(at(question.leaf.sha256), question, settings, now),
      pending: (sha256) => this.#entries.get(at(sha256))?.pending,
    };
  }

  stop(): void {
    this.#stopped.abort();
  }

  #standingOf(key: string, question: OcspQuestion, settings: OcspSettings, now: number): OcspStanding {
    const entry = this.#entryAt(key);
    if (now >= entry.askAt && entry.pending === undefined)
      entry.pending = this.#ask(entry, question, settings).finally(() => (entry.pending = undefined));
    const { answer, fault } = entry;
    const lookAt = entry.pending === undefined ? entry.askAt : now + SOON_MS;
    if (answer === undefined || now >= answer.until)
      return { status: 'unknown', detail: fault ?? 'nobody has answered yet', until: lookAt };
    const { status, detail } = answer;
    return { status, detail, until: Math.min(lookAt, answer.until) };
  }

  #entryAt(key: string): Entry {
    const known = this.#entries.get(key);
    const entry = known ?? { answer: undefined, fault: undefined, askAt: 0, pending: undefined };
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= MAX_ENTRIES) break;
      this.#entries.delete(oldest);
    }
    return entry;
  }

  /** Never throws: what goes wrong is the entry's fault. */
  async #ask(entry: Entry, question: OcspQuestion, settings: OcspSettings): Promise<void> {
    try {
      const { signal } = this.#stopped;
      const limits = { maxBytes: MAX_BYTES, timeoutMs: TIMEOUT_MS, signal };
      const post = { type: 'application/ocsp-request', body: ocspRequestFor(question) };
      const found = await download(responderFor(question, settings), undefined, limits, post);
      if (found === undefined) throw new Error('nothing came');
      const now = this.#clock.now();
      const answer = readOcspAnswer(found.bytes, question, now);
      if (entry.answer !== undefined && answer.thisUpdate < entry.answer.thisUpdate)
        throw new Error('it is older than the one that is there');
      entry.answer = answer;
      entry.fault = undefined;
      entry.askAt = now + Math.max(SOON_MS, (answer.until - now) / 2);
    } catch (error) {
      entry.fault = `OCSP: ${error instanceof Error ? error.message : String(error)}`;
      entry.askAt = this.#clock.now() + RETRY_MS;
    }
  }
}

/** Only whom the configuration names: what a certificate says sends nobody anywhere else. */
function responderFor({ leaf }: OcspQuestion, { responder, hosts }: OcspSettings): URL {
  if (responder !== undefined) return new URL(responder);
  const named = responderIn(leaf);
  if (named === undefined) throw new Error('the certificate names no responder');
  const url = new URL(named);
  if (!hosts.includes(url.hostname)) throw new Error(`'${url.hostname}' is not among ocsp_hosts`);
  return url;
}
