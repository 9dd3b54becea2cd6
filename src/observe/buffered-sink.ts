// A file descriptor or file behind a buffer. A log that cannot be written (a full disk, a closed pipe, a reader that has
// stopped) loses lines; it never ends the proxy, holds it up or keeps it from ending.
import { destination } from 'pino';

// Above 16,384, the most that it writes at once, the stream refuses to be made.
const BUFFER_BYTES = 15_360;
const FLUSH_MS = 500;
/** What waits for a reader that has stopped; further lines are dropped. */
const MAX_WAITING_BYTES = 16 * 1024 * 1024;

export class BufferedSink {
  readonly #stream: ReturnType<typeof destination>;
  #state: 'well' | 'failing' | 'closed' = 'well';

  /** `pretty` lines are written at once, `json` lines in the background. */
  constructor(to: number | string, format: 'pretty' | 'json') {
    const isBuffered = format === 'json';
    const stream = destination({
      dest: to,
      sync: !isBuffered,
      minLength: isBuffered ? BUFFER_BYTES : 0,
      maxLength: MAX_WAITING_BYTES,
      periodicFlush: isBuffered ? FLUSH_MS : 0,
    });
    stream.on('error', (error: NodeJS.ErrnoException) => {
      // pino makes the stream deaf on EPIPE: no 'close' will follow.
      if (error.code === 'EPIPE') this.#state = 'closed';
      if (this.#state === 'well') this.#state = 'failing';
    });
    stream.on('write', () => {
      if (this.#state === 'failing') this.#state = 'well';
    });
    // flushSync tries for ever where the disk is full, and pino calls it when the process exits.
    const flushSync = stream.flushSync.bind(stream);
    stream.flushSync = () => {
      if (this.#state === 'well') flushSync();
    };
    this.#stream = stream;
  }

  write(text: string): void {
    if (this.#state !== 'closed') this.#stream.write(text);
  }

  /** Writes out what is buffered before it returns, unless the last write failed. */
  flush(): void {
    try {
      this.#stream.flushSync();
    } catch {
      // The file is not open yet, which takes a turn of the loop; what is buffered is written when it is.
    }
  }

  /** Writes out what is buffered, then takes no more. Waits for a slow reader; gives up at the first error. */
  async close(): Promise<void> {
    if (this.#state === 'closed') return;
    const stream = this.#stream;
    const closed = new Promise<void>((resolve) => {
      stream.once('close', resolve);
      stream.once('error', () => {
        stream.destroy();
        resolve();
      });
    });
    stream.end();
    this.#state = 'closed';
    await closed;
  }
}
