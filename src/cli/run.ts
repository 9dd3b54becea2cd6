// `sallyport run`: serves what a configuration file says until it is told to stop.
import cluster from 'node:cluster';
import { availableParallelism } from 'node:os';
import type { LogFormat } from '../app/logging.ts';
import { type Stoppable, untilStopped } from './until-stopped.ts';

export interface RunOptions {
  /** The configuration file. */
  readonly config: string;
  readonly logFormat: LogFormat;
}

/** 100,000 routes take some seconds to read: whoever waits longer than this is told for what. */
const SLOW_START_MS = 2000;

/** Throws ConfigError where the configuration cannot be used. */
export async function run({ config, logFormat }: RunOptions): Promise<void> {
  if (cluster.isWorker) {
    const { serveAsWorker } = await import('../app/worker.ts');
    await serveAsWorker(process.env);
    return;
  }
  // From here to the end of the process: one that comes while it starts or ends would end it.
  process.on('SIGHUP', () => {});
  const { createLogging } = await import('../app/logging.ts');
  const { FileSource } = await import('../app/config-source.ts');
  const env = process.env;
  const source = new FileSource(config, env);
  const slow = setTimeout(() => console.error(`Still reading ${config}, a large one …`), SLOW_START_MS);
  const workers = workersOf(await source.peek());
  const logging = createLogging(logFormat, workers > 1);
  try {
    let proxy: Stoppable & { start(): Promise<unknown> };
    if (workers === 1) {
      const { createProxy } = await import('../app/proxy.ts');
      proxy = createProxy(source, { env, observer: logging.observer });
    } else {
      clearTimeout(slow);
      const { Fleet } = await import('../app/fleet.ts');
      proxy = new Fleet(source, { env, workers, logFormat, logging });
    }
    await proxy.start().finally(() => clearTimeout(slow));
    await untilStopped(proxy);
  } finally {
    await logging.close();
  }
}

/** 1 where the configuration cannot be used, which the start will say. */
function workersOf(result: { ok: true; config: { workers: number | 'auto' } } | { ok: false }): number {
  if (!result.ok) return 1;
  return result.config.workers === 'auto' ? availableParallelism() : result.config.workers;
}
