// The revocation lists at one address: fetched, checked before they count, kept when the next ones are no good, fetched
// again well before they end.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Clock } from '../core/clock.ts';
import type { Authority } from '../pki/authority.ts';
import type { Crl } from '../pki/crl.ts';
import { nameKey } from '../pki/name-key.ts';
import { readCrls } from '../pki/read-crls.ts';
import { type Validators, download } from './download.ts';
import { OPEN_MODE, writeFileWhole } from './write-file.ts';

export interface RemoteCrlSettings {
  /** http or https. */
  readonly url: string;
  /** The CAs whose lists are expected there. */
  readonly anchors: readonly Authority[];
  readonly maxBytes: number;
  /** The longest time between two looks, milliseconds. */
  readonly refreshMs: number;
  /** Where the last good ones are kept for the next start; undefined: nowhere. */
  readonly cacheFolder: string | undefined;
}

export interface RemoteCrlParts {
  readonly clock: Clock;
  /** Other lists than before are there. */
  readonly onChange: () => void;
  readonly onFailure: (url: string, why: string) => void;
}

const TIMEOUT_MS = 10_000;
const SOONEST_MS = 1000;
const RETRY_MS = 15_000;

export class RemoteCrl {
  readonly #parts: RemoteCrlParts;
  readonly #stopped = new AbortController();
  readonly #settings: RemoteCrlSettings;
  #known: Validators | undefined;
  #timer: NodeJS.Timeout | undefined;
  #failures = 0;
  /** The last good ones; empty before the first. */
  lists: readonly Crl[] = [];
  /** Why the last look brought nothing. */
  fault: string | undefined;

  constructor(settings: RemoteCrlSettings, parts: RemoteCrlParts) {
    this.#settings = settings;
    this.#parts = parts;
  }

  /** Brings the first lists, from the cache or the network. Never throws: `fault` says why there are none. */
  async start(): Promise<void> {
    await this.#readCache();
    if (this.lists.length === 0) await this.#look();
    else this.#schedule(SOONEST_MS);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#stopped.abort();
  }

  async #look(): Promise<void> {
    const { signal } = this.#stopped;
    const { url, maxBytes } = this.#settings;
    try {
      const found = await download(new URL(url), this.#known, { maxBytes, timeoutMs: TIMEOUT_MS, signal });
      if (found !== undefined) await this.#take(found.bytes, found);
      this.fault = undefined;
      this.#failures = 0;
    } catch (error) {
      if (signal.aborted) return;
      this.fault = error instanceof Error ? error.message : String(error);
      this.#failures++;
      this.#parts.onFailure(url, this.fault);
    }
    this.#schedule(this.#pause());
  }

  async #take(bytes: Buffer, validators: Validators): Promise<void> {
    const lists = await readCrls(bytes);
    const fault = this.#faultIn(lists);
    if (fault !== undefined) throw new Error(fault);
    const isNew = lists.map(({ sha256 }) => sha256).join() !== this.lists.map(({ sha256 }) => sha256).join();
    this.lists = lists;
    this.#known = validators;
    if (!isNew) return;
    await this.#writeCache(bytes);
    this.#parts.onChange();
  }

  /** Signed by a CA that we trust, or come from whom TLS vouches for; and never older than what is there. */
  #faultIn(lists: readonly Crl[]): string | undefined {
    const { anchors, url } = this.#settings;
    for (const crl of lists) {
      const namesakes = anchors.filter((anchor) => anchor.nameKey === nameKey(crl.issuer));
      const isSigned = namesakes.some(({ publicKey, facts }) => crl.isSignedBy(publicKey, facts.spkiSha256));
      if (namesakes.length > 0 && !isSigned) return `the list of '${crl.issuer}' is not signed by its key`;
      if (namesakes.length === 0 && !url.startsWith('https:'))
        return `the list of '${crl.issuer}' is of no CA of the bundle, and came without TLS`;
      const before = this.lists.find(
        (one) => one.issuer === crl.issuer && one.issuingPoint === crl.issuingPoint,
      );
      if (before !== undefined && crl.thisUpdate < before.thisUpdate)
        return `the list of '${crl.issuer}' is older than the one that is there`;
    }
    return undefined;
  }

  #schedule(delayMs: number): void {
    clearTimeout(this.#timer);
    if (!this.#stopped.signal.aborted) this.#timer = setTimeout(() => void this.#look(), delayMs).unref();
  }

  /** Half of the time that is left, so that there are several tries before the end; after a failure soon again. */
  #pause(): number {
    const { refreshMs } = this.#settings;
    if (this.#failures > 0) return Math.min(refreshMs, RETRY_MS * 2 ** Math.min(this.#failures - 1, 6));
    const now = this.#parts.clock.now();
    const left = Math.min(...this.lists.map(({ nextUpdate = now }) => nextUpdate - now));
    return Math.max(SOONEST_MS, Math.min(refreshMs, left > 0 ? left / 2 : RETRY_MS));
  }

  get #cacheFile(): string | undefined {
    const { cacheFolder, url } = this.#settings;
    return cacheFolder && path.join(cacheFolder, `${createHash('sha256').update(url).digest('hex')}.crl`);
  }

  async #readCache(): Promise<void> {
    if (this.#cacheFile === undefined) return;
    try {
      const lists = await readCrls(await readFile(this.#cacheFile));
      if (this.#faultIn(lists) === undefined) this.lists = lists;
    } catch {
      // There is none yet, or none that can be read: the network has it.
    }
  }

  async #writeCache(bytes: Buffer): Promise<void> {
    if (this.#cacheFile === undefined) return;
    try {
      await writeFileWhole(this.#cacheFile, bytes, OPEN_MODE);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.#parts.onFailure(this.#settings.url, `could not be kept for the next start: ${why}`);
    }
  }
}
