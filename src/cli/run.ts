// `sallyport run`: serves what a configuration file says until it is told to stop.
import type { LogFormat } from '../app/logging.ts';
import { untilStopped } from './until-stopped.ts';

export interface RunOptions {
  /** The configuration file. */
  readonly config: string;
  readonly logFormat: LogFormat;
}

/** 100,000 routes take some seconds to read: whoever waits longer than this is told for what. */
const SLOW_START_MS = 2000;

/** Throws ConfigError where the configuration cannot be used. */
export async function run({ config, logFormat }: RunOptions): Promise<void> {
  const { createLogging } = await import('../app/logging.ts');
  const { createProxy } = await import('../app/proxy.ts');
  const logging = createLogging(logFormat);
  try {
    const proxy = createProxy(config, { env: process.env, observer: logging.observer });
    const slow = setTimeout(() => console.error(`Still reading ${config}, a large one …`), SLOW_START_MS);
    await proxy.start().finally(() => clearTimeout(slow));
    await untilStopped(proxy);
  } finally {
    await logging.close();
  }
}
