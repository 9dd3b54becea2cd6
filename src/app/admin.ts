// What the admin listener tells, put together from what is in force.
import { type AdminEndpoint, AdminServer, json, text } from '../admin/admin-server.ts';
import { livePart, type StatusView, statusPage } from '../admin/status-page.ts';
import type { ListenAddress } from '../config/listen-address.ts';
import type { Clock } from '../core/clock.ts';
import { pathText } from '../core/issue.ts';
import { type Observer, type Reload, bothObservers } from '../core/observer.ts';
import { type BoundAddress, listenOn } from '../edge/address.ts';
import { Activity } from '../observe/activity.ts';
import { type Metrics, createMetrics } from '../observe/metrics.ts';
import type { Build } from './build.ts';
import { type StatusEntry, certificateStatus, worstOf } from './certificate-status.ts';
import { type LiveNow, type LiveView, mergeLive } from './live-view.ts';
import { explain } from './explain.ts';
import { readExplainWords } from './explain-request.ts';
import { packageVersion } from './package-version.ts';
import type { WorkerStats } from './worker-messages.ts';

export interface AdminViews {
  readonly clock: Clock;
  /** What is in force. */
  readonly build: () => Build;
  /** Of this process. */
  readonly connections: () => number;
  /** The processes that it leads; undefined: none. */
  readonly others?: () => Promise<readonly WorkerStats[]>;
  /** Of this process; undefined: it serves nobody itself. */
  readonly live?: () => LiveNow;
  /** Where the proxy listens, in words. */
  readonly addresses: () => readonly string[];
}

export class Admin {
  readonly #views: AdminViews;
  readonly #metrics: Metrics;
  readonly #server: AdminServer;
  readonly #version = packageVersion();
  readonly #activity = new Activity();
  readonly #startedAt = performance.now();
  #state: 'starting' | 'ready' | 'draining' = 'starting';
  #lastReload: Reload | undefined;
  /** To be told everything. */
  readonly observer: Observer;

  constructor(views: AdminViews) {
    this.#views = views;
    this.#metrics = createMetrics({
      version: this.#version,
      connections: views.connections,
      endings: () => this.#entries().flatMap((entry) => endingOf(entry)),
      live: () => views.live?.(),
    });
    this.observer = {
      ...bothObservers(this.#metrics.observer, this.#activity.observer),
      lifecycle: ({ event }) => {
        if (event === 'listening') this.#state = 'ready';
        if (event === 'draining' || event === 'closed') this.#state = 'draining';
      },
      reload: (record) => {
        this.#lastReload = record;
        this.#metrics.observer.reload(record);
      },
    };
    this.#server = new AdminServer(this.#endpoints());
  }

  async listen(address: ListenAddress): Promise<BoundAddress> {
    return await this.#server.listen((server) => listenOn(server, address, false));
  }

  async close(): Promise<void> {
    await this.#server.close();
  }

  #endpoints(): ReadonlyMap<string, AdminEndpoint> {
    return new Map<string, AdminEndpoint>([
      ['/', { answer: async () => statusPage(await this.#status(), this.#views.clock.now()) }],
      ['/live', { answer: async () => livePart(await this.#status(), this.#views.clock.now()) }],
      ['/status', { answer: async () => json(200, await this.#status()) }],
      ['/certs', { answer: () => json(200, this.#certificates()) }],
      ['/healthz', { answer: () => text(200, 'ok') }],
      ['/readyz', { answer: () => text(this.#state === 'ready' ? 200 : 503, this.#state) }],
      ['/metrics', { answer: async () => await this.#scrape() }],
      [
        '/explain',
        {
          takesPost: true,
          answer: async ({ query, body }) => {
            const certificate = body.length === 0 ? undefined : body;
            const asked = readExplainWords({ ...wordsOf(query), certificate }, this.#views.clock.now());
            return json(200, await explain(this.#views.build(), asked));
          },
        },
      ],
    ]);
  }

  async #status(): Promise<StatusView> {
    const { connections, addresses, build } = this.#views;
    const others = await this.#others();
    return {
      version: this.#version,
      state: this.#state,
      addresses: addresses(),
      connections: others.reduce((sum, other) => sum + other.connections, connections()),
      routes: build().served.routes.routes.length,
      uptime_seconds: Math.floor((performance.now() - this.#startedAt) / 1000),
      last_reload: this.#lastReload === undefined ? null : reloadView(this.#lastReload),
      certificates: this.#certificates(),
      live: this.#live(others),
    };
  }

  #live(others: readonly WorkerStats[]): LiveView {
    const own = this.#views.live?.();
    return mergeLive([
      ...(own === undefined ? [] : [{ ...own, activity: this.#activity.view() }]),
      ...others.flatMap(({ live }) => (live === undefined ? [] : [live])),
    ]);
  }

  #certificates(): { status: string; entries: readonly StatusEntry[] } {
    const entries = this.#entries();
    return { status: worstOf(entries), entries };
  }

  #entries(): StatusEntry[] {
    return certificateStatus(this.#views.build(), this.#views.clock.now());
  }

  async #others(): Promise<readonly WorkerStats[]> {
    return (await this.#views.others?.()) ?? [];
  }

  async #scrape() {
    const others = await this.#others();
    const body = await this.#metrics.text(
      others.flatMap(({ metrics }) => (metrics === undefined ? [] : [metrics])),
    );
    return { status: 200, contentType: this.#metrics.contentType, body };
  }
}

function endingOf({ use, name, serial, ends }: StatusEntry) {
  return ends === null ? [] : [{ use, name, serial: serial ?? '', ends: Date.parse(ends) }];
}

function reloadView({ time, result, trigger, issues }: Reload): StatusView['last_reload'] {
  const texts = issues.map((one) =>
    typeof one === 'string' ? one : `${pathText(one.path)}: ${one.message}`,
  );
  return { time: new Date(time).toISOString(), result, trigger, issues: texts };
}

/** Throws where there is no URL. */
function wordsOf(query: URLSearchParams) {
  const word = (name: string): string | undefined => query.get(name) ?? undefined;
  const url = word('url');
  if (url === undefined)
    throw new Error(
      'Say ?url=https://host/path, and method, ip, at, tls where they matter; POST the certificate.',
    );
  return { url, method: word('method'), ip: word('ip'), at: word('at'), tls: word('tls') };
}
