// Where lines go. JSON is buffered and written in the background, so that a slow reader never holds up requests; text for
// people is written at once. Everything pino is in this room.
import { type DestinationStream, destination as bufferedDestination, type Logger, pino } from 'pino';
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
}

export interface Log {
  readonly logger: Logger;
  /** Writes a line that is JSON already, newline included; nothing below level `info`. */
  writeInfo(line: string): void;
  /** Writes out what is buffered before it returns: for the moment before the process ends. */
  flush(): void;
  /** Writes out what is buffered and stops the timers. The standard output stays open. */
  close(): Promise<void>;
}

const BUFFER_BYTES = 4096;
const FLUSH_MS = 500;
/** What waits for a reader that has stopped; further lines are dropped, requests are not. */
const MAX_WAITING_BYTES = 16 * 1024 * 1024;

export function createLogger(options: LoggerOptions): Log {
  const { format, level = 'info', destination = 1, colorize = false } = options;
  const sink = typeof destination === 'object' ? undefined : buffered(destination, format);
  const raw = typeof destination === 'object' ? destination : sink;
  if (raw === undefined) throw new TypeError('a log needs a destination');
  const render = format === 'pretty' ? createPretty({ colorize }) : escapeJsonLine;
  const stream = { write: (line: string) => raw.write(render(line)) };
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
    flush() {
      if (sink !== undefined) flushNow(sink);
    },
    async close() {
      if (sink === undefined) return;
      const closed = new Promise((resolve) => {
        sink.once('close', resolve);
      });
      sink.end();
      await closed;
    },
  };
}

type Buffered = ReturnType<typeof bufferedDestination>;

function buffered(to: number | string, format: LoggerOptions['format']): Buffered {
  const sink = bufferedDestination({
    dest: to,
    sync: format === 'pretty',
    minLength: format === 'pretty' ? 0 : BUFFER_BYTES,
    maxLength: MAX_WAITING_BYTES,
    periodicFlush: format === 'pretty' ? 0 : FLUSH_MS,
  });
  // A log that cannot be written (a full disk, a reader that has gone) must not end the proxy.
  sink.on('error', () => {});
  return sink;
}

/** Not before the file is open, which takes a turn of the loop: there is nothing to write then. */
function flushNow(sink: Buffered): void {
  try {
    sink.flushSync();
  } catch {
    sink.flush();
  }
}
