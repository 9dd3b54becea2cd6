// `sallyport run`: serves what a configuration file says until it is told to stop.
import type { LogFormat } from '../app/logging.ts';
import { untilStopped } from './until-stopped.ts';

export interface RunOptions {
  /** The configuration file. */
  readonly config: string;
  readonly logFormat: LogFormat;
}

/** Throws ConfigError where the configuration cannot be used. */
export async function run({ config, logFormat }: RunOptions): Promise<void> {
  const { createLogging } = await import('../app/logging.ts');
  const { createProxy } = await import('../app/proxy.ts');
  const logging = createLogging(logFormat);
  try {
    const proxy = createProxy(config, { env: process.env, observer: logging.observer });
    await proxy.start();
    await untilStopped(proxy);
  } finally {
    await logging.close();
  }
}
