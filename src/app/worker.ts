// One of several processes that serve. It takes its configuration and its orders from the process that leads, accepts on
// the sockets that that one owns, and ends with it.
import type { Environment } from '../config/env.ts';
import type { RawSource } from '../config/raw-source.ts';
import { type Observer, bothObservers } from '../core/observer.ts';
import { SharedLimits } from '../core/shared-limits.ts';
import type { ListenAddress } from '../edge/address.ts';
import type { HeldSocket } from '../edge/held-socket.ts';
import { SharedSessions } from '../edge/shared-sessions.ts';
import { Activity } from '../observe/activity.ts';
import { createMetrics, type Metrics } from '../observe/metrics.ts';
import { heldSource } from './config-source.ts';
import { createLogging, type Logging } from './logging.ts';
import { packageVersion } from './package-version.ts';
import type { Proxy } from './proxy-contract.ts';
import { createProxy } from './proxy.ts';
import type {
  Announcement,
  Numbered,
  Order,
  Replies,
  ReloadOrder,
  Reply,
  StartOrder,
  WorkerStats,
} from './worker-messages.ts';

/** Signals reach the whole group of processes; what they mean is for the one that leads to say. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

const ignore = (): void => {};

/** Serves until it is told to stop. */
export async function serveAsWorker(env: Environment): Promise<void> {
  for (const signal of SIGNALS) process.on(signal, ignore);
  const worker = new Worker(env);
  const stopped = Promise.withResolvers<void>();
  const take = (order: Order & Numbered, handle: unknown): void => {
    if (order.order === 'listen')
      worker.listenOn(
        handle === undefined ? order.address : { handle: handle as HeldSocket['handle'] },
        order.isPlain,
      );
    void answer(worker, order).finally(() => {
      if (order.order === 'close') stopped.resolve();
    });
  };
  process.on('message', take);
  await stopped.promise;
  process.off('message', take);
  process.disconnect?.();
}

async function answer(worker: Worker, order: Order & Numbered): Promise<void> {
  const { number } = order;
  let reply: Reply;
  try {
    reply = { number, ok: await worker.obey(order) };
  } catch (error) {
    reply = { number, fault: error instanceof Error ? error.message : String(error) };
  }
  await new Promise<void>((resolve) => process.send?.(reply, undefined, undefined, () => resolve()));
}

class Worker {
  readonly #env: Environment;
  #file = '';
  #proxy: Proxy | undefined;
  #logging: Logging | undefined;
  #metrics: Metrics | undefined;
  #activity: Activity | undefined;
  #sessions: SharedSessions | undefined;
  #limits: SharedLimits | undefined;
  readonly #places: (ListenAddress | HeldSocket)[] = [];
  #plainPlace: ListenAddress | HeldSocket | undefined;

  constructor(env: Environment) {
    this.#env = env;
  }

  /** Once it starts. */
  listenOn(place: ListenAddress | HeldSocket, isPlain: boolean): void {
    if (isPlain) this.#plainPlace = place;
    else this.#places.push(place);
  }

  async obey(order: Order): Promise<Replies[keyof Replies]> {
    switch (order.order) {
      case 'listen':
        return true;
      case 'start':
        return await this.#start(order);
      case 'reload':
        return await this.#started().reload(order.trigger, heldSource(this.#source(order)));
      case 'stats':
        return await this.#stats(this.#started());
      case 'learn':
        this.#learn(order.announcement);
        return true;
      case 'drain':
        await this.#proxy?.drain();
        return true;
      case 'close':
        await this.#proxy?.close();
        await this.#logging?.close();
        return true;
      default:
        return order satisfies never;
    }
  }

  async #start(order: StartOrder): Promise<Replies['start']> {
    this.#file = order.file;
    const logging = createLogging(order.logFormat, true);
    this.#logging = logging;
    this.#sessions = new SharedSessions(Buffer.from(order.sessionSecret, 'base64'), (refused) =>
      announce({ refused }),
    );
    this.#limits = new SharedLimits(order.instance);
    this.#limits.tell((takes) => announce({ takes }));
    this.#proxy = createProxy(heldSource(this.#source(order)), {
      env: this.#env,
      watch: false,
      admin: false,
      sessions: this.#sessions,
      limits: this.#limits,
      listenOn: this.#places,
      plainOn: this.#plainPlace,
      ordersCertificates: false,
      observer: (settings) => {
        const log = asOneOfSeveral(logging.observer(settings), order.isSpeaker);
        return order.isCounting ? bothObservers(log, this.#count()) : log;
      },
    });
    return await this.#proxy.start();
  }

  #learn(announcement: Announcement): void {
    if ('takes' in announcement) this.#limits?.learn(announcement.takes);
    else this.#sessions?.learn(announcement.refused);
  }

  async #stats(proxy: Proxy): Promise<WorkerStats> {
    const activity = this.#activity?.view();
    return {
      connections: proxy.connections,
      live: activity && { ...proxy.live(), activity },
      metrics: await this.#metrics?.values(),
    };
  }

  #count(): Observer {
    this.#activity = new Activity();
    this.#metrics = createMetrics({
      version: packageVersion(),
      connections: () => this.#proxy?.connections ?? 0,
      endings: () => [],
      live: () => this.#proxy?.live(),
    });
    return bothObservers(this.#metrics.observer, this.#activity.observer);
  }

  #source({ text }: StartOrder | ReloadOrder): RawSource {
    return { bytes: Buffer.from(text), file: this.#file, env: this.#env };
  }

  #started(): Proxy {
    if (this.#proxy === undefined) throw new Error('it has not been started');
    return this.#proxy;
  }
}

function announce(announcement: Announcement): void {
  // To a process that is gone there is nothing to say.
  if (process.connected) process.send?.(announcement, undefined, undefined, ignore);
}

/** What concerns a connection is said by whoever has it; what concerns all, by one, or by the process that leads. */
function asOneOfSeveral(log: Observer, isSpeaker: boolean): Observer {
  return {
    ...log,
    lifecycle: () => {},
    reload: (record) => {
      if ((record.trigger === 'crl' || record.trigger === 'certificate') && isSpeaker) log.reload(record);
    },
    warning: (record) => {
      const concernsAll = /^(?:configuration$|crl_|certificate_)/.test(record.code);
      if (record.code !== 'configuration' && (isSpeaker || !concernsAll)) log.warning(record);
    },
  };
}
