// The proxy as a value: start, reload, drain, close. The only place that knows every room; what is in force is one
// Prepared, and a reload swaps it whole or not at all.
import type { ConfigInput } from '../config/schema.ts';
import { type Clock, systemClock } from '../core/clock.ts';
import { nodeVersionFault } from '../core/node-version.ts';
import { type Observer, type Reload, bothObservers, silentObserver } from '../core/observer.ts';
import type { BoundAddress } from '../edge/address.ts';
import { SharedSessions } from '../edge/shared-sessions.ts';
import { UpstreamRegistry } from '../upstream/registry.ts';
import { Admin } from './admin.ts';
import { addressText } from './address-text.ts';
import { reportAcme } from './autocert-report.ts';
import type { Build } from './build.ts';
import { ConfigError } from './config-error.ts';
import { type ConfigSource, FileSource, sourceOf } from './config-source.ts';
import type { FileStates } from './file-states.ts';
import { type EndWatch, watchEnds } from './end-watch.ts';
import type { LiveNow } from './live-view.ts';
import { waitForRestart } from './fixed-settings.ts';
import { LimitSharing } from './limit-sharing.ts';
import { PlainPort } from './plain-port.ts';
import { type Prepared, type Preparation, prepare } from './prepare.ts';
import type { Proxy, ProxyOptions, ReloadResult } from './proxy-contract.ts';
import { Renewals, type RenewalTrigger } from './renewals.ts';
import { NOTHING_YET, Serving } from './serving.ts';
import { reportUpstream } from './upstream-report.ts';
import { type Tracing, startTracing } from './tracing.ts';
import { FileWatch } from './watch.ts';

/** `config` is the path of a file, or an object of its shape. Throws on a Node that is not supported. */
export function createProxy(config: ConfigInput | ConfigSource | string, options: ProxyOptions = {}): Proxy {
  const fault = nodeVersionFault(process.versions.node);
  if (fault !== undefined) throw new Error(fault);
  const env = options.env ?? {};
  return new SallyportProxy(
    typeof config === 'string' ? new FileSource(config, env) : sourceOf(config, env),
    options,
  );
}

class SallyportProxy implements Proxy {
  readonly #options: ProxyOptions;
  readonly #clock: Clock;
  readonly #registry = new UpstreamRegistry((one) => reportUpstream(one, this.#observer, this.#clock.now()));
  readonly #watch: FileWatch;
  readonly #sharing: LimitSharing;
  readonly #renewals: Renewals;
  #source: ConfigSource;
  #observer: Observer = silentObserver;
  #inForce: Prepared | undefined;
  #serving: Serving | undefined;
  #endWatch: EndWatch | undefined;
  #plainPort: PlainPort | undefined;
  #lastReload: Promise<unknown> = Promise.resolve();
  /** Aborted from when it is drained or closed on: ends a reload that is under way. */
  readonly #closing = new AbortController();
  #drained: Promise<void> | undefined;
  #admin: Admin | undefined;
  #tracing: Tracing | undefined;
  addresses: readonly BoundAddress[] = [];
  adminAddress: BoundAddress | undefined;
  plainAddress: BoundAddress | undefined;

  constructor(source: ConfigSource, options: ProxyOptions) {
    this.#source = source;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#watch = new FileWatch(() => void this.reload('file'), options.watchIntervalMs);
    this.#renewals = new Renewals({
      clock: this.#clock,
      apps: this.#registry,
      isOrdering: options.ordersCertificates !== false,
      onChange: (trigger) => this.#applyRenewed(trigger),
      onListFailure: (url, why) => this.#warn('crl_fetch_failed', `${url}: ${why}`),
      onStapleFailure: ({ subject }, why) => this.#warn('ocsp_staple_failed', `${subject}: ${why}`),
      onEvent: (event) => reportAcme(event, this.#observer, this.#clock.now()),
      isCovered: (host) => this.#built().edge.tls.groups[0]?.credentials.covers(host) === true,
      isServed: (host) => this.#built().served.routes.hasHost(host),
      onDemandRefused: (host, why) => this.#warn('on_demand_refused', `${host}: ${why}`),
      ...options.autocert,
    });
    this.#sharing = new LimitSharing((why) => this.#warn('redis_away', why), options.limits);
  }

  get connections(): number {
    return this.#serving?.connections ?? 0;
  }

  live(): LiveNow {
    return { ...(this.#serving?.live() ?? NOTHING_YET), upstreams: this.#registry.views() };
  }

  async start(): Promise<readonly BoundAddress[]> {
    const { prepared, problems, files } = await this.#prepare(this.#source);
    if (prepared === undefined) {
      this.#renewals.stop();
      throw new ConfigError(problems);
    }
    const { observer } = this.#options;
    const { settings } = prepared.build;
    this.#observer = typeof observer === 'function' ? observer(settings) : (observer ?? silentObserver);
    const hasAdmin = settings.admin_address !== undefined && this.#options.admin !== false;
    if (hasAdmin) this.#observer = this.#withAdmin(this.#observer);
    for (const { text } of problems) this.#warn('configuration', text);
    this.#use(prepared);
    this.#tracing = await startTracing(() => this.#built(), this.#observer, this.#clock);
    if (this.#tracing !== undefined) this.#observer = this.#tracing.observer;
    const secret = await this.#renewals.autocert.sessionSecret(prepared.build.autocert);
    const { help, newRequestId } = this.#options;
    this.#serving = new Serving({
      built: () => this.#built(),
      observer: this.#observer,
      clock: this.#clock,
      renewals: this.#renewals,
      sessions: this.#options.sessions ?? new SharedSessions(secret),
      limits: this.#sharing.limits,
      help,
      newRequestId,
      tracer: this.#tracing?.tracer,
    });
    try {
      this.addresses = await this.#serving.listen(this.#options.listenOn ?? settings.address);
      await this.#listenPlain(prepared.build);
      if (hasAdmin && settings.admin_address !== undefined)
        this.adminAddress = await this.#admin?.listen(settings.admin_address);
    } catch (error) {
      await this.close();
      throw error;
    }
    this.#endWatch = watchEnds(() => this.#built(), this.#clock, this.#observer);
    this.#follow(files);
    this.#renewals.follow(prepared.build);
    // What has come while the rest was being prepared.
    this.#applyRenewed('crl');
    const where = this.#whereText().join(', ');
    this.#observer.lifecycle({ time: this.#clock.now(), event: 'listening', detail: where });
    return this.addresses;
  }

  async reload(
    trigger: Reload['trigger'] = 'call',
    config?: ConfigInput | ConfigSource,
  ): Promise<ReloadResult> {
    // One at a time, in order: two that overlap could swap in the older state last.
    const turn = this.#lastReload.then(() => this.#reload(trigger, config));
    this.#lastReload = turn;
    return await turn;
  }

  async drain(): Promise<void> {
    this.#drained ??= this.#drain();
    await this.#drained;
  }

  async close(): Promise<void> {
    this.#ceaseReloads();
    this.#plainPort?.destroy();
    await this.#admin?.close();
    await this.#serving?.drain(0);
    await this.#registry.close(0);
    await this.#tracing?.close();
  }

  #withAdmin(observer: Observer): Observer {
    this.#admin = new Admin({
      clock: this.#clock,
      build: () => this.#built(),
      connections: () => this.connections,
      live: () => this.live(),
      addresses: () => this.#whereText(),
    });
    return bothObservers(observer, this.#admin.observer);
  }

  #whereText(): string[] {
    return this.addresses.map((address) => addressText(address));
  }

  /** Not a closure over what `start` has prepared, which would keep that alive for good. */
  #built(): Build {
    if (this.#inForce === undefined) throw new Error('a request came before the start');
    return this.#inForce.build;
  }

  #use(prepared: Prepared): void {
    this.#inForce = prepared;
    this.#sharing.use(prepared.build);
  }

  #ceaseReloads(): void {
    this.#sharing.close();
    this.#endWatch?.stop();
    this.#watch.stop();
    this.#renewals.stop();
    this.#closing.abort(new Error('the proxy is closing'));
  }

  async #reload(
    trigger: Reload['trigger'],
    config: ConfigInput | ConfigSource | undefined,
  ): Promise<ReloadResult> {
    const began = Date.now();
    const source = config === undefined ? this.#source : sourceOf(config, this.#options.env ?? {});
    this.#watch.isPaused = true;
    const outcome = await this.#applyFrom(source).catch((error: unknown) => ({
      result: 'refused' as const,
      issues: [error instanceof Error ? error.message : String(error)],
    }));
    this.#watch.isPaused = false;
    if (this.#closing.signal.aborted) return outcome;
    if (outcome.result !== 'refused') this.#source = source;
    this.#observer.reload({ ...outcome, time: this.#clock.now(), trigger, durationMs: Date.now() - began });
    return outcome;
  }

  async #applyFrom(source: ConfigSource): Promise<ReloadResult> {
    const { signal } = this.#closing;
    signal.throwIfAborted();
    const { prepared, problems, files } = await this.#prepare(source);
    signal.throwIfAborted();
    // A refused object is not where the configuration comes from.
    if (prepared !== undefined || source === this.#source) this.#follow(files);
    const issues = problems.map(({ text }) => text);
    if (prepared === undefined || this.#serving === undefined) return { result: 'refused', issues };
    if (prepared.fingerprint === this.#inForce?.fingerprint) return { result: 'unchanged', issues };
    if (this.#inForce !== undefined)
      issues.push(...waitForRestart(this.#inForce.build.settings, prepared.build.settings));
    // Last, because it can throw: after it everything is new, before it everything is old.
    this.#serving.apply(prepared.build);
    this.#use(prepared);
    this.#renewals.follow(prepared.build);
    this.#plainPort?.apply(prepared.build.edge);
    this.#serving.reconsider();
    return { result: 'applied', issues };
  }

  /** New lists or certificates, whatever state the configuration is in; after a reload that is under way. */
  #applyRenewed(trigger: RenewalTrigger): void {
    const apply = async (): Promise<void> => {
      const inForce = this.#inForce;
      if (inForce === undefined) return;
      const began = performance.now();
      const time = this.#clock.now();
      const build = await this.#renewals.renewed(inForce.build, time);
      if (build === inForce.build || this.#closing.signal.aborted) return;
      this.#serving?.apply(build);
      this.#inForce = { ...inForce, build };
      this.#renewals.follow(build);
      const durationMs = performance.now() - began;
      this.#observer.reload({ time, result: 'applied', trigger, durationMs, issues: [] });
    };
    this.#lastReload = this.#lastReload.then(apply).catch((error: unknown) => {
      this.#warn(`${trigger}_not_applied`, error instanceof Error ? error.message : String(error));
    });
  }

  async #listenPlain({ settings, edge }: Build): Promise<void> {
    const address = this.#options.plainOn ?? settings.http_redirect_addr;
    if (address === undefined) return;
    const shared = { clock: this.#clock, autocert: this.#renewals.autocert, reusePort: settings.reuse_port };
    this.#plainPort = new PlainPort(edge, { ...shared, addresses: () => this.addresses });
    this.plainAddress = await this.#plainPort.listen(address);
  }

  #warn(code: string, detail: string): void {
    this.#observer.warning({ time: this.#clock.now(), code, detail });
  }

  async #drain(): Promise<void> {
    const serving = this.#serving;
    if (serving === undefined) return;
    this.#ceaseReloads();
    const detail = `${serving.connections} connections`;
    this.#observer.lifecycle({ time: this.#clock.now(), event: 'draining', detail });
    this.#plainPort?.close();
    await serving.drain(this.#inForce?.build.settings.drain_timeout ?? 0);
    await this.#admin?.close();
    await this.#registry.close(0);
    await this.#tracing?.drain();
    this.#observer.lifecycle({ time: this.#clock.now(), event: 'closed', detail: 'nothing is in flight' });
  }

  async #prepare(source: ConfigSource): Promise<Preparation> {
    const { signal } = this.#closing;
    const held = { registry: this.#registry, renewals: this.#renewals, previous: this.#inForce };
    return await prepare(source, { ...held, now: this.#clock.now(), signal });
  }

  #follow(files: FileStates): void {
    if (this.#options.watch !== false) this.#watch.watch(files);
  }
}
