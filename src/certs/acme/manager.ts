// Sees to it that every certificate that is wanted is there and stays fresh. A certificate that fails keeps no other one
// waiting; whoever shares the storage may do the same, since only one at a time orders the same certificate.
import type { Clock } from '../../core/clock.ts';
import type { Credential } from '../../pki/credential.ts';
import { renewalId } from '../../pki/renewal-id.ts';
import type { Storage } from '../storage/storage.ts';
import { forgetAccountUrl, isAccountUnknown, openAccount } from './account.ts';
import type { ChallengeSolver } from './challenges.ts';
import type { KeptCertificates } from './kept-certificates.ts';
import { forgetOrder, obtain } from './obtain.ts';
import { parseWindow, renewAt, retryDelay } from './renewal.ts';
import type { AcmeSession } from './session.ts';
import { type AcmeSettings, type CertificateOrder, serverFolder } from './settings.ts';
import { retryAfterMs } from './transport.ts';

/** What became of a wish; times in milliseconds since the epoch. */
export type AcmeEvent =
  | { readonly kind: 'obtained'; readonly order: CertificateOrder; readonly notAfter: number }
  | {
      readonly kind: 'failed';
      readonly order: CertificateOrder;
      readonly error: Error;
      readonly failures: number;
      readonly retryAt: number;
    };

export interface ManagerParts {
  readonly storage: Storage;
  readonly kept: KeptCertificates;
  readonly solver: (settings: AcmeSettings) => ChallengeSolver;
  readonly clock: Clock;
  readonly onEvent: (event: AcmeEvent) => void;
  /** After the first failure; it doubles from there. Default a minute. */
  readonly firstRetryMs?: number | undefined;
}

export interface Wanted {
  readonly settings: AcmeSettings;
  readonly orders: readonly CertificateOrder[];
}

interface Item {
  readonly order: CertificateOrder;
  failures: number;
  /** When it is to be looked at next. */
  dueAt: number;
  isBusy: boolean;
}

const AT_ONCE = 4;
/** The clock may jump, and timers have a longest time. */
const MAX_SLEEP_MS = 10 * 60_000;
/** How soon a server that says nothing about it is asked again when to renew. */
const ASK_AGAIN_MS = 6 * 3_600_000;

/** Of its lifetime, that a certificate just obtained is kept for. */
const LEAST_LIFE = 1 / 20;

export class AcmeManager {
  readonly #parts: ManagerParts;
  #settings: AcmeSettings | undefined;
  #items = new Map<string, Item>();
  #session: Promise<AcmeSession> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #busy = 0;
  #stopping = new AbortController();

  constructor(parts: ManagerParts) {
    this.#parts = parts;
  }

  /** From now on these, and no others. What is under way for the same certificate under the same settings goes on. */
  want(wanted: Wanted | undefined): void {
    if (JSON.stringify(wanted?.settings) !== JSON.stringify(this.#settings)) this.#restart(wanted?.settings);
    const now = this.#parts.clock.now();
    const items = new Map<string, Item>();
    for (const order of wanted?.orders ?? []) {
      const known = this.#items.get(order.name);
      const isSame = known !== undefined && known.order.names.join() === order.names.join();
      items.set(order.name, isSame ? known : { order, failures: 0, dueAt: now, isBusy: false });
    }
    this.#items = items;
    this.#work();
  }

  /** Ends what is under way, for good; the next manager goes on with it. */
  stop(): void {
    this.#restart(undefined);
  }

  #restart(settings: AcmeSettings | undefined): void {
    this.#stopping.abort();
    this.#stopping = new AbortController();
    clearTimeout(this.#timer);
    this.#settings = settings;
    this.#session = undefined;
    this.#items.clear();
  }

  #work(): void {
    clearTimeout(this.#timer);
    const settings = this.#settings;
    if (settings === undefined) return;
    const now = this.#parts.clock.now();
    let next = now + MAX_SLEEP_MS;
    for (const item of this.#items.values()) {
      if (item.isBusy) continue;
      if (item.dueAt > now) next = Math.min(next, item.dueAt);
      else if (this.#busy < AT_ONCE) void this.#see(item, settings, this.#stopping.signal);
    }
    this.#timer = setTimeout(() => this.#work(), next - now).unref();
  }

  /** Looks after one certificate. Never throws. */
  async #see(item: Item, settings: AcmeSettings, signal: AbortSignal): Promise<void> {
    const { clock, kept, onEvent, firstRetryMs } = this.#parts;
    const { order } = item;
    item.isBusy = true;
    this.#busy++;
    try {
      const before = await kept.get(settings, order, clock.now());
      item.dueAt = before === undefined ? 0 : await this.#dueAt(before, settings, signal);
      if (item.dueAt <= clock.now()) {
        const credential = await this.#renew(item, before, { settings, signal });
        const { notBefore, notAfter } = credential.leaf;
        // A server that wants everything new at once is not followed round and round.
        const soonest = clock.now() + (notAfter - notBefore) * LEAST_LIFE;
        item.dueAt = Math.max(await this.#dueAt(credential, settings, signal), soonest);
        onEvent({ kind: 'obtained', order, notAfter });
      }
      item.failures = 0;
    } catch (cause) {
      if (signal.aborted) return;
      const error = cause instanceof Error ? cause : new Error(String(cause));
      item.failures++;
      item.dueAt = clock.now() + retryDelay(error, item.failures, firstRetryMs);
      if (isAccountUnknown(error)) await this.#forgetAccount(settings);
      onEvent({ kind: 'failed', order, error, failures: item.failures, retryAt: item.dueAt });
    } finally {
      item.isBusy = false;
      this.#busy--;
      if (!signal.aborted) this.#work();
    }
  }

  async #renew(
    { order, failures }: Item,
    before: Credential | undefined,
    { settings, signal }: { readonly settings: AcmeSettings; readonly signal: AbortSignal },
  ): Promise<Credential> {
    const { storage, kept, clock } = this.#parts;
    const solver = this.#parts.solver(settings);
    const lock = await storage.lock(`certificate_${serverFolder(settings)}_${order.name}`, signal);
    try {
      // Somebody else may have been quicker.
      const now = clock.now();
      const current = await kept.get(settings, order, now);
      if (current !== undefined && current.leaf.sha256 !== before?.leaf.sha256) return current;
      // Said once only: a server that does not like it must not be the end of a certificate.
      const replaces = failures === 0 && current !== undefined ? renewalId(current.leaf.der) : undefined;
      const session = await this.#open(settings, signal);
      const pem = await obtain(order, { storage, settings, session, solver, failures, replaces, now, signal });
      await kept.keep(settings, order, pem);
      await forgetOrder(order, { storage, settings });
      const credential = await kept.get(settings, order, now);
      if (credential === undefined) throw new Error('the certificate was kept and is not there');
      return credential;
    } finally {
      await lock.release();
    }
  }

  /** When the certificate is to be renewed, or the server to be asked again when that is. */
  async #dueAt(credential: Credential, settings: AcmeSettings, signal: AbortSignal): Promise<number> {
    const { leaf } = credential;
    const now = this.#parts.clock.now();
    const ordinary = renewAt(leaf);
    // One that is due in any case, or that was just made, is nothing to ask about.
    const id = ordinary <= now ? undefined : renewalId(leaf.der);
    if (id === undefined) return ordinary;
    try {
      const session = await this.#open(settings, signal);
      const url = await session.renewalInfoUrl();
      if (url === undefined) return ordinary;
      const { data, headers } = await session.get(`${url.replace(/\/$/, '')}/${id}`);
      const asked = renewAt(leaf, parseWindow(data));
      const again = now + (retryAfterMs(headers['retry-after'], now) ?? ASK_AGAIN_MS);
      return asked <= now ? now : Math.min(asked, Math.max(again, now + 60_000));
    } catch {
      // Without an answer the certificate's own dates decide.
      return ordinary;
    }
  }

  /** One for all; a failure is nobody's for long. */
  async #open(settings: AcmeSettings, signal: AbortSignal): Promise<AcmeSession> {
    const session = (this.#session ??= openAccount(this.#parts.storage, settings, signal));
    try {
      return await session;
    } catch (error) {
      if (this.#session === session) this.#session = undefined;
      throw error;
    }
  }

  async #forgetAccount(settings: AcmeSettings): Promise<void> {
    this.#session = undefined;
    await forgetAccountUrl(this.#parts.storage, settings).catch(() => {});
  }
}
