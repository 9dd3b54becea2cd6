// Certificates from ACME servers, for as long as the process lives: kept ones are served at once, and whoever leads sees to
// it that they stay fresh. Nothing here holds up a start or a reload.
import { randomBytes } from 'node:crypto';
import { AcmeManager, type AcmeEvent } from '../certs/acme/manager.ts';
import { ChallengeAnswers, type ChallengeSolver, StoredChallenges } from '../certs/acme/challenges.ts';
import { dnsProvider } from '../certs/acme/dns/settings.ts';
import { DnsSolver } from '../certs/acme/dns/solver.ts';
import { KeptCertificates } from '../certs/acme/kept-certificates.ts';
import { CredentialStore } from '../certs/credential-store.ts';
import type { AcmeSettings, CertificateOrder } from '../certs/acme/settings.ts';
import { type StorageSettings, isShared, openCopies, openStorage } from '../certs/storage/open-storage.ts';
import type { Storage } from '../certs/storage/storage.ts';
import { type Clock, systemClock } from '../core/clock.ts';
import { type Hostname, isAddress } from '../core/hostname.ts';
import { type Credential, parseCredential } from '../pki/credential.ts';
import { DEVELOPMENT_ORGANIZATION } from '../pki/development.ts';
import type { KeyPair } from '../pki/issue-certificate.ts';
import { type AutocertPlan, ordersOf } from './autocert-plan.ts';
import { OnDemand } from './on-demand.ts';

export interface AutocertParts {
  readonly clock: Clock;
  /** Whether this process asks the servers; else another one does, with the same folder. */
  readonly isOrdering: boolean;
  /** Whether a certificate in force names the host. */
  readonly isCovered?: ((host: Hostname) => boolean) | undefined;
  /** Whether a route does. */
  readonly isServed?: ((host: Hostname) => boolean) | undefined;
  readonly onDemandRefused?: ((host: Hostname, why: string) => void) | undefined;
  /** There is a certificate that was not there before, or one has ended. */
  readonly onChange: () => void;
  readonly onEvent: (event: AcmeEvent) => void;
  /** How often to look whether others have kept something. Default a second. */
  readonly lookMs?: number | undefined;
  readonly firstRetryMs?: number | undefined;
}

/** What is kept in one place. */
interface Shelf {
  readonly storage: Storage;
  readonly kept: KeptCertificates;
  readonly answers: ChallengeAnswers;
}

const LOOK_MS = 1000;
const SECRET = 'sessions/secret';
const SECRET_WAIT_MS = 20_000;
/** The standing certificate is shown to nobody who matters: clients refuse it. */
const STANDING_DAYS = 365;

export class Autocert {
  readonly #parts: AutocertParts;
  /** Of plans that are looked at; once one of them is in force, of that alone. */
  readonly #onDemand: OnDemand;
  readonly #shelves = new Map<string, Shelf>();
  #shelf: Shelf | undefined;
  #manager: AcmeManager | undefined;
  #plan: AutocertPlan | undefined;
  #timer: NodeJS.Timeout | undefined;
  #seen = '';
  #ends = Infinity;
  #standing: Promise<Credential> | undefined;

  constructor(parts: AutocertParts) {
    this.#parts = parts;
    this.#onDemand = new OnDemand({
      clock: parts.clock,
      isCovered: (host) => parts.isCovered?.(host) === true,
      onNew: () => this.#want(),
      onRefused: (host, why) => parts.onDemandRefused?.(host, why),
    });
  }

  /**
   * What is there for the plan now: given and valid, kept, given and over; where there is nothing at all, one that vouches
   * for itself, so that the port can be open while the first is asked for.
   */
  async credentials(plan: AutocertPlan, now: number): Promise<CredentialStore> {
    const shelf = this.#shelfFor(plan.storage);
    const { kept } = shelf;
    await this.#learn(plan, shelf);
    const [first, ...others] = [
      ...plan.given.filter(({ leaf }) => leaf.notAfter > now),
      ...(await kept.getAll(plan.settings, this.#ordersOf(plan, now), now)),
      ...plan.given.filter(({ leaf }) => leaf.notAfter <= now),
    ];
    return new CredentialStore(first ?? (await this.#standingCredential(now)), ...others);
  }

  /**
   * What every machine that shares the storage derives ticket keys from, so that sessions resume on all of them; undefined
   * where none does, or it cannot be asked.
   */
  async sessionSecret(plan: AutocertPlan | undefined): Promise<Uint8Array | undefined> {
    if (plan === undefined || !isShared(plan.storage.place)) return undefined;
    const { storage } = this.#shelfFor(plan.storage);
    try {
      const lock = await storage.lock('sessions', AbortSignal.timeout(SECRET_WAIT_MS));
      try {
        const known = await storage.read(SECRET);
        if (known !== undefined) return known;
        const secret = randomBytes(32);
        await storage.write(SECRET, secret);
        return secret;
      } finally {
        await lock.release();
      }
    } catch {
      return undefined;
    }
  }

  /** From now on this plan. */
  apply(plan: AutocertPlan | undefined): void {
    this.#plan = plan;
    if (plan === undefined) {
      this.stop();
      return;
    }
    const shelf = this.#shelfFor(plan.storage);
    if (this.#shelf !== shelf) {
      this.#manager?.stop();
      this.#shelf = shelf;
      this.#manager = this.#parts.isOrdering ? this.#makeManager(shelf) : undefined;
    }
    this.#closeAllBut(shelf);
    const now = this.#parts.clock.now();
    this.#ends = Math.min(...plan.given.map(({ leaf }) => (leaf.notAfter > now ? leaf.notAfter : Infinity)));
    this.#want();
    this.#timer ??= setInterval(() => void this.#look(), this.#parts.lookMs ?? LOOK_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#manager?.stop();
    this.#manager = undefined;
    this.#shelf = undefined;
    this.#closeAllBut(undefined);
  }

  /** Before a handshake: what it had better wait for; undefined: nothing. Never rejects. */
  prepare(host: Hostname): Promise<void> | undefined {
    const [plan, shelf] = [this.#plan, this.#shelf];
    if (plan?.onDemand === undefined || shelf === undefined || isAddress(host)) return undefined;
    if (this.#parts.isServed?.(host) !== true) return undefined;
    const { directoryUrl } = plan.settings;
    return this.#onDemand.prepare(host, plan.onDemand, { storage: shelf.storage, directoryUrl });
  }

  async answerFor(token: string): Promise<string | undefined> {
    return await this.#shelf?.answers.forToken(token);
  }

  async challengeFor(host: Hostname): Promise<KeyPair | undefined> {
    return await this.#shelf?.answers.forHost(host, this.#parts.clock.now());
  }

  /** Whether somebody has kept something new, or the end of a given certificate makes room for another. */
  async #look(): Promise<void> {
    const [shelf, plan] = [this.#shelf, this.#plan];
    if (shelf === undefined || plan === undefined) return;
    const hasLearnt = await this.#learn(plan, shelf);
    if (hasLearnt) this.#want();
    const revision = await shelf.kept.revision().catch(() => this.#seen);
    const hasEnded = this.#parts.clock.now() >= this.#ends;
    if (revision === this.#seen && !hasEnded && !hasLearnt) return;
    this.#seen = revision;
    if (hasEnded) this.apply(plan);
    this.#parts.onChange();
  }

  async #learn({ onDemand, settings }: AutocertPlan, { storage }: Shelf): Promise<boolean> {
    return onDemand !== undefined && (await this.#onDemand.learn(storage, settings.directoryUrl));
  }

  #want(): void {
    const plan = this.#plan;
    if (plan === undefined) return;
    const orders = this.#ordersOf(plan, this.#parts.clock.now());
    this.#manager?.want({ settings: plan.settings, orders });
  }

  #ordersOf(plan: AutocertPlan, now: number): CertificateOrder[] {
    const orders = ordersOf(plan, now);
    return plan.onDemand === undefined ? orders : [...orders, ...this.#onDemand.orders];
  }

  #shelfFor(settings: StorageSettings): Shelf {
    const id = JSON.stringify(settings);
    let shelf = this.#shelves.get(id);
    if (shelf === undefined) {
      const storage = openStorage(settings);
      shelf = {
        storage,
        kept: new KeptCertificates(storage, openCopies(settings)),
        answers: new ChallengeAnswers(storage),
      };
      this.#shelves.set(id, shelf);
    }
    return shelf;
  }

  #closeAllBut(kept: Shelf | undefined): void {
    for (const [id, shelf] of this.#shelves)
      if (shelf !== kept) {
        this.#shelves.delete(id);
        void shelf.storage.close().catch(() => {});
      }
  }

  #makeManager({ storage, kept }: Shelf): AcmeManager {
    const { clock, firstRetryMs } = this.#parts;
    return new AcmeManager({
      storage,
      kept,
      solver: (settings) => solverOf(settings, storage),
      clock,
      firstRetryMs,
      onEvent: (event) => {
        this.#parts.onEvent(event);
        if (event.kind === 'obtained') void this.#look();
      },
    });
  }

  async #standingCredential(now: number): Promise<Credential> {
    this.#standing ??= makeStanding(now);
    return await this.#standing;
  }
}

/** Reads what is kept, and asks nobody: for looking at a configuration. */
export function idleAutocert(): Autocert {
  return new Autocert({ clock: systemClock, isOrdering: false, onChange: () => {}, onEvent: () => {} });
}

function solverOf({ dns }: AcmeSettings, storage: Storage): ChallengeSolver {
  const stored = new StoredChallenges(storage);
  const inDns = dns && new DnsSolver(dnsProvider(dns.provider, storage), dns);
  return {
    present: async (answer, signal) =>
      await (answer.type === 'dns-01' && inDns !== undefined ? inDns : stored).present(answer, signal),
  };
}

async function makeStanding(now: number): Promise<Credential> {
  const { issueRoot } = await import('../pki/issue.ts');
  const { certPem, keyPem } = await issueRoot({
    commonName: 'Sallyport without a certificate yet',
    organization: DEVELOPMENT_ORGANIZATION,
    days: STANDING_DAYS,
    now,
  });
  const { credential } = parseCredential({ certPem, keyPem, now });
  if (credential === undefined) throw new Error('the standing certificate cannot be used');
  return credential;
}
