// Where lines go. JSON is buffered and written in the background, so that a slow reader never holds up requests; text for
// people is written at once. Everything pino is in this room.
import { type DestinationStream, type Logger, pino } from 'pino';
import { BufferedSink } from './buffered-sink.ts';
import { escapeJsonLine } from './one-line.ts';
import { createPretty } from './pretty.ts';

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';

export interface LoggerOptions {
  readonly format: 'pretty' | 'json';
  /** Default `info`. */
  readonly level?: LogLevel;
  /** A file descriptor, a file that is appended to, or something with `write`. Default 1, the standard output. */
  readonly destination?: number | string | DestinationStream;
  /** Colours in `pretty`. Default false. */
  readonly colorize?: boolean;
  /** Whether other processes write to the same destination. Default false. */
  readonly isShared?: boolean;
}

export interface Log {
  readonly logger: Logger;
  /** Writes a line that is JSON already, newline included; nothing below level `info`. */
  writeInfo(line: string): void;
  /** Writes out what is buffered before it returns: for the moment before the process ends. */
  flush(): void;
  /**
   * Writes out what is buffered and stops the timers; waits for a reader that is slow, not for one that is gone. The
   * standard output stays open.
   */
  close(): Promise<void>;
}

export function createLogger(options: LoggerOptions): Log {
  const { format, level = 'info', destination = 1, colorize = false, isShared = false } = options;
  const sink =
    typeof destination === 'object'
      ? unbuffered(destination)
      : new BufferedSink(destination, format, isShared);
  const render = format === 'pretty' ? createPretty({ colorize }) : escapeJsonLine;
  const stream = { write: (line: string) => sink.write(render(line)) };
  const logger = pino(
    { level, base: null, timestamp: false, formatters: { level: (label) => ({ level: label }) } },
    stream,
  );
  const writesInfo = logger.isLevelEnabled('info');
  return {
    logger,
    writeInfo(line) {
      if (writesInfo) stream.write(line);
    },
    flush: () => sink.flush(),
    close: () => sink.close(),
  };
}

function unbuffered(destination: DestinationStream): Pick<BufferedSink, 'write' | 'flush' | 'close'> {
  return { write: (text) => destination.write(text), flush: () => {}, close: async () => {} };
}
