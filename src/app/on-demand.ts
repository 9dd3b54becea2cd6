// Certificates for hosts that nobody has written down: a client asks for one under a wildcard route, and where a rule allows
// it the handshake waits while the certificate is asked for. Strangers choose the names, so there is a limit an hour.
import { setTimeout as delay } from 'node:timers/promises';
import { orderOf, type CertificateOrder, serverFolder } from '../certs/acme/settings.ts';
import { download } from '../certs/download.ts';
import type { Storage } from '../certs/storage/storage.ts';
import type { Clock } from '../core/clock.ts';
import type { HostMap } from '../core/host-map.ts';
import type { Hostname } from '../core/hostname.ts';

export interface OnDemandSettings {
  /** Who may be asked for; everybody where there is no such list, but then `ask` decides. */
  readonly hosts: HostMap<true> | undefined;
  /** Is asked `?domain=HOST`; 200 allows it. */
  readonly ask: string | undefined;
  /** New names an hour, in this process. */
  readonly perHour: number;
}

export interface OnDemandParts {
  readonly clock: Clock;
  /** Whether a certificate for it is in force. */
  readonly isCovered: (host: Hostname) => boolean;
  /** A name is new. */
  readonly onNew: () => void;
  /** A name was not allowed, or not noted, and why. */
  readonly onRefused: (host: Hostname, why: string) => void;
}

const HOUR_MS = 3_600_000;
/** Shorter than any deadline of a handshake. */
const WAIT_MS = 8000;
const LOOK_MS = 50;
const ASK_MS = 3000;
const MAX_ANSWER = 1024;

export class OnDemand {
  readonly #parts: OnDemandParts;
  /** Those asked for so far, here or elsewhere. */
  #names = new Set<string>();
  readonly #waiting = new Map<Hostname, Promise<void>>();
  /** When names were new, in the last hour. */
  #recent: number[] = [];

  constructor(parts: OnDemandParts) {
    this.#parts = parts;
  }

  get orders(): CertificateOrder[] {
    return Array.from(this.#names, (name) => orderOf([name]));
  }

  /** Undefined: there is nothing to wait for. Else until there is a certificate, or none will come soon. Never rejects. */
  prepare(
    host: Hostname,
    settings: OnDemandSettings,
    place: { readonly storage: Storage; readonly directoryUrl: string },
  ): Promise<void> | undefined {
    if (this.#names.has(host) || this.#parts.isCovered(host)) return this.#waiting.get(host);
    if (settings.hosts?.lookup(host) === undefined && settings.hosts !== undefined) return undefined;
    const known = this.#waiting.get(host);
    if (known !== undefined) return known;
    const now = this.#parts.clock.now();
    this.#recent = this.#recent.filter((time) => now - time < HOUR_MS);
    if (this.#recent.length >= settings.perHour) {
      this.#parts.onRefused(host, `${settings.perHour} new names in an hour are the limit`);
      return undefined;
    }
    this.#recent.push(now);
    const done = this.#demand(host, settings, place)
      .catch((error: unknown) => {
        this.#parts.onRefused(host, error instanceof Error ? error.message : String(error));
      })
      .finally(() => this.#waiting.delete(host));
    this.#waiting.set(host, done);
    return done;
  }

  /** Names that others have noted. Returns whether one is new. */
  async learn(storage: Storage, directoryUrl: string): Promise<boolean> {
    const names = await storage.list(folderOf(directoryUrl)).catch(() => []);
    const before = this.#names.size;
    for (const key of names) this.#names.add(key.slice(key.lastIndexOf('/') + 1));
    return this.#names.size > before;
  }

  async #demand(
    host: Hostname,
    { ask }: OnDemandSettings,
    { storage, directoryUrl }: { readonly storage: Storage; readonly directoryUrl: string },
  ): Promise<void> {
    if (ask !== undefined) {
      const url = new URL(ask);
      url.searchParams.set('domain', host);
      const signal = AbortSignal.timeout(ASK_MS);
      await download(url, undefined, { maxBytes: MAX_ANSWER, timeoutMs: ASK_MS, signal });
    }
    await storage.write(`${folderOf(directoryUrl)}/${host}`, '');
    this.#names.add(host);
    this.#parts.onNew();
    const deadline = performance.now() + WAIT_MS;
    while (!this.#parts.isCovered(host) && performance.now() < deadline)
      await delay(LOOK_MS, undefined, { ref: false });
  }
}

const folderOf = (directoryUrl: string): string => `on-demand/${serverFolder({ directoryUrl })}`;
