// Where the log of a proxy goes, for whoever runs one from the command line.
import { createLogger, type Log } from '../observe/logger.ts';
import { createObserver } from '../observe/observer.ts';
import type { SettingsConfig } from '../config/schema.ts';
import type { Observer } from '../core/observer.ts';

export type LogFormat = 'pretty' | 'json';

export interface Logging {
  /** Made once the settings are known, since they say what is logged. */
  readonly observer: (settings: SettingsConfig) => Observer;
  /** Writes out what is buffered. Safe to call when nothing was ever logged. */
  close(): Promise<void>;
}

/** Logs to the standard output, in colour where somebody looks at it. `isShared`: as other processes do. */
export function createLogging(format: LogFormat, isShared = false): Logging {
  let log: Log | undefined;
  return {
    observer(settings) {
      log = createLogger({ format, level: settings.log_level, colorize: process.stdout.isTTY, isShared });
      return createObserver(log, settings);
    },
    async close() {
      await log?.close();
    },
  };
}
