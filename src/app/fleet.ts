// Several processes that serve, led by this one, which serves nothing: it owns the listening sockets, reads the
// configuration, watches its files, and puts a new worker in the place of one that has ended. A reload goes to all and is
// reported once all have answered. What the admin listener shows is of all of them together.
import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Environment } from '../config/env.ts';
import { type Clock, systemClock } from '../core/clock.ts';
import { type Observer, type Reload, bothObservers, silentObserver } from '../core/observer.ts';
import type { BoundAddress, ListenAddress } from '../edge/address.ts';
import { type HeldSocket, holdSocket } from '../edge/held-socket.ts';
import { UpstreamRegistry } from '../upstream/registry.ts';
import { Admin } from './admin.ts';
import { addressText } from './address-text.ts';
import { Autocert } from './autocert.ts';
import { reportAcme } from './autocert-report.ts';
import { ConfigError } from './config-error.ts';
import type { FileSource } from './config-source.ts';
import type { LogFormat, Logging } from './logging.ts';
import { type Prepared, prepare } from './prepare.ts';
import type { ReloadResult } from './proxy-contract.ts';
import { waitForRestart } from './fixed-settings.ts';
import { withCertificates } from './renewals.ts';
import { FileWatch } from './watch.ts';
import type { LearnOrder, StartOrder } from './worker-messages.ts';
import { WorkerProcess } from './worker-process.ts';

export interface FleetOptions {
  readonly env: Environment;
  readonly workers: number;
  readonly logFormat: LogFormat;
  /** Of this process; closed by whoever has made it. */
  readonly logging: Logging;
}

/** A worker that ends sooner than this after its start is not replaced at once: the next would fare no better. */
const SHORT_LIFE_MS = 1000;
const MAX_RESTART_DELAY_MS = 30_000;

/** Where the workers listen. */
interface Place {
  readonly address: ListenAddress;
  readonly socket: HeldSocket | undefined;
  readonly isPlain: boolean;
}

export class Fleet {
  readonly #source: FileSource;
  readonly #options: FleetOptions;
  readonly #clock: Clock = systemClock;
  readonly #watch: FileWatch;
  /** Of no connections: what is built here is for checks, certificates and explanations. */
  readonly #registry = new UpstreamRegistry();
  /** By their place; a place is empty while its worker is being replaced. */
  readonly #workers: (WorkerProcess | undefined)[] = [];
  #observer: Observer | undefined;
  #inForce: Prepared | undefined;
  readonly #places: Place[] = [];
  readonly #autocert: Autocert;
  #sessionSecret = '';
  readonly #instance = randomUUID();
  #text = '';
  #admin: Admin | undefined;
  #addresses: readonly BoundAddress[] = [];
  #lastReload: Promise<unknown> = Promise.resolve();
  readonly #stopping = new AbortController();

  constructor(source: FileSource, options: FleetOptions) {
    this.#source = source;
    this.#options = options;
    this.#watch = new FileWatch(() => void this.reload('file'));
    // The workers look by themselves for what it keeps.
    this.#autocert = new Autocert({
      clock: this.#clock,
      isOrdering: true,
      onChange: () => void this.#noteCertificates(),
      onEvent: (event) => reportAcme(event, this.#observer ?? silentObserver, this.#clock.now()),
    });
  }

  /** Throws ConfigError where the configuration cannot be used, or what the first worker to fail has met. */
  async start(): Promise<void> {
    const { prepared, problems, files } = await this.#prepare();
    if (prepared === undefined) throw new ConfigError(problems);
    const { settings } = prepared.build;
    this.#observer = this.#options.logging.observer(settings);
    for (const { text } of problems) this.#warn('configuration', text);
    this.#use(prepared);
    const secret = await this.#autocert.sessionSecret(prepared.build.autocert);
    this.#sessionSecret = Buffer.from(secret ?? randomBytes(32)).toString('base64');
    if (settings.admin_address !== undefined) {
      this.#admin = this.#makeAdmin();
      this.#observer = bothObservers(this.#observer, this.#admin.observer);
    }
    try {
      for (const address of settings.address) await this.#hold(address, false);
      if (settings.http_redirect_addr !== undefined) await this.#hold(settings.http_redirect_addr, true);
      // The first alone: what keeps it from starting would keep the others, and it is said once.
      this.#addresses = await this.#fill(0);
      const others = Array.from({ length: this.#options.workers - 1 }, (_, index) => this.#fill(index + 1));
      await Promise.all(others);
      if (settings.admin_address !== undefined) await this.#admin?.listen(settings.admin_address);
    } catch (error) {
      await this.close();
      throw error;
    }
    this.#watch.watch(files);
    // Not before: a server that is asked for a certificate connects at once.
    this.#autocert.apply(prepared.build.autocert);
    this.#report('listening', this.#addresses.map((address) => addressText(address)).join(', '));
  }

  async reload(trigger: Reload['trigger']): Promise<ReloadResult> {
    const turn = this.#lastReload.then(() => this.#reload(trigger));
    this.#lastReload = turn.catch(() => {});
    return await turn;
  }

  /** Stops accepting and lets what is in flight finish, `drain_timeout` at most. */
  async drain(): Promise<void> {
    this.#stop();
    this.#report('draining', `${this.#options.workers} workers`);
    await this.#all((worker) => worker.order({ order: 'drain' }));
    await this.#admin?.close();
    this.#report('closed', 'nothing is in flight');
  }

  /** Cuts what is left and waits for the workers to end. */
  async close(): Promise<void> {
    this.#stop();
    await this.#admin?.close();
    await this.#all(async (worker) => {
      await worker.order({ order: 'close' });
      await worker.ended;
    });
    await this.#registry.close(0);
  }

  #stop(): void {
    this.#watch.stop();
    this.#autocert.stop();
    this.#stopping.abort();
    for (const { socket } of this.#places.splice(0)) socket?.handle.close();
  }

  async #reload(trigger: Reload['trigger']): Promise<ReloadResult> {
    const began = performance.now();
    this.#watch.isPaused = true;
    const outcome = await this.#apply(trigger).catch((error: unknown): ReloadResult => ({
      result: 'refused',
      issues: [error instanceof Error ? error.message : String(error)],
    }));
    this.#watch.isPaused = false;
    const durationMs = performance.now() - began;
    if (!this.#stopping.signal.aborted)
      this.#observer?.reload({ ...outcome, time: this.#clock.now(), trigger, durationMs });
    return outcome;
  }

  async #apply(trigger: Reload['trigger']): Promise<ReloadResult> {
    const before = this.#inForce;
    const { prepared, problems, files } = await this.#prepare();
    this.#watch.watch(files);
    const issues = problems.map(({ text }) => text);
    if (prepared === undefined || before === undefined) return { result: 'refused', issues };
    if (prepared.fingerprint === before.fingerprint) return { result: 'unchanged', issues };
    this.#use(prepared);
    this.#autocert.apply(prepared.build.autocert);
    issues.push(...waitForRestart(before.build.settings, prepared.build.settings));
    const text = this.#text;
    await this.#all(async (worker) => {
      const { result, issues: faults } = await worker.order({ order: 'reload', text, trigger });
      // It has read its files a moment later than this process: what it missed then it gets with the next reload.
      const texts = faults.map((fault) => (typeof fault === 'string' ? fault : fault.message));
      if (result === 'refused') issues.push(`worker ${worker.pid}: ${texts.join('; ')}`);
    });
    return { result: 'applied', issues };
  }

  async #hold(address: ListenAddress, isPlain: boolean): Promise<void> {
    const reusePort = this.#inForce?.build.settings.reuse_port === true;
    const socket = 'path' in address ? undefined : await holdSocket(address, reusePort);
    this.#places.push({ address, socket, isPlain });
  }

  #use(prepared: Prepared): void {
    this.#inForce = prepared;
    this.#text = Buffer.from(this.#source.bytes).toString();
  }

  async #noteCertificates(): Promise<void> {
    const before = this.#inForce;
    if (before === undefined) return;
    const build = await withCertificates(before.build, this.#autocert, this.#clock.now());
    if (this.#inForce === before) this.#inForce = { ...before, build };
  }

  async #prepare() {
    return await prepare(this.#source, {
      registry: this.#registry,
      now: this.#clock.now(),
      previous: this.#inForce,
      renewals: { autocert: this.#autocert },
      signal: this.#stopping.signal,
    });
  }

  /** Starts a worker in this place and, once it has ended, the next one. */
  async #fill(place: number, delayMs = 0): Promise<readonly BoundAddress[]> {
    const worker = new WorkerProcess(
      (announcement) => void this.#tellOthers(worker, { order: 'learn', announcement }),
    );
    this.#workers[place] = worker;
    const addresses = await this.#startWorker(worker, place).catch((error: unknown) => {
      worker.kill();
      throw error;
    });
    void worker.ended.then(async ({ code, signal }) => {
      this.#workers[place] = undefined;
      if (this.#stopping.signal.aborted) return;
      const why = signal ?? `status ${code}`;
      this.#warn('worker_ended', `worker ${worker.pid} has ended (${why}): another takes its place`);
      const isShort = performance.now() - worker.startedAt < SHORT_LIFE_MS;
      await this.#refill(
        worker.pid,
        place,
        isShort ? Math.min(Math.max(delayMs * 2, 500), MAX_RESTART_DELAY_MS) : 0,
      );
    });
    return addresses;
  }

  async #refill(ended: number, place: number, delayMs: number): Promise<void> {
    try {
      const { signal } = this.#stopping;
      if (delayMs > 0) await delay(delayMs, undefined, { signal, ref: false });
      signal.throwIfAborted();
      await this.#fill(place, delayMs);
      const fresh = this.#workers[place]?.pid;
      this.#warn('worker_replaced', `worker ${ended} has been replaced by worker ${fresh}`);
    } catch (error) {
      if (this.#stopping.signal.aborted) return;
      const detail = error instanceof Error ? error.message : String(error);
      this.#warn('worker_failed', `a worker could not be started: ${detail}`);
      await this.#refill(ended, place, Math.min(Math.max(delayMs * 2, 500), MAX_RESTART_DELAY_MS));
    }
  }

  async #startWorker(worker: WorkerProcess, place: number): Promise<readonly BoundAddress[]> {
    for (const { address, socket, isPlain } of this.#places)
      await worker.order({ order: 'listen', address, isPlain }, socket);
    return await worker.order(this.#startOrder(place));
  }

  #startOrder(place: number): StartOrder {
    return {
      order: 'start',
      file: this.#source.file,
      text: this.#text,
      logFormat: this.#options.logFormat,
      isCounting: this.#admin !== undefined,
      isSpeaker: place === 0,
      sessionSecret: this.#sessionSecret,
      instance: this.#instance,
    };
  }

  async #tellOthers(speaker: WorkerProcess, order: LearnOrder): Promise<void> {
    await this.#all(async (worker) => (worker === speaker ? true : await worker.order(order)));
  }

  /** Of each worker that is there and answers. */
  async #all<T>(ask: (worker: WorkerProcess) => Promise<T>): Promise<T[]> {
    const answers = await Promise.allSettled(
      this.#workers.flatMap((worker) => (worker === undefined ? [] : [ask(worker)])),
    );
    return answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
  }

  #makeAdmin(): Admin {
    return new Admin({
      clock: this.#clock,
      build: () => {
        if (this.#inForce === undefined) throw new Error('nothing is in force yet');
        return this.#inForce.build;
      },
      addresses: () => this.#addresses.map((address) => addressText(address)),
      // This process has none.
      connections: () => 0,
      others: async () => await this.#all((worker) => worker.order({ order: 'stats' })),
    });
  }

  #report(event: 'listening' | 'draining' | 'closed', detail: string): void {
    this.#observer?.lifecycle({ time: this.#clock.now(), event, detail });
  }

  #warn(code: string, detail: string): void {
    this.#observer?.warning({ time: this.#clock.now(), code, detail });
  }
}
