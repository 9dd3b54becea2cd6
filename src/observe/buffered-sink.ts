// A file descriptor or file behind a buffer. A log that cannot be written (a full disk, a closed pipe, a reader that has
// stopped) loses lines; it never ends the proxy, holds it up or keeps it from ending.
import { openSync } from 'node:fs';
import { destination } from 'pino';

/** What is written at once, bytes. */
const BLOCK_BYTES = 65_536;
/** The most that a pipe takes at once, whatever other processes write to it (PIPE_BUF of Linux, pipe(7)). */
const SHARED_BLOCK_BYTES = 4096;
const FLUSH_MS = 500;
/** What waits for a reader that has stopped; further lines are dropped. */
const MAX_WAITING_BYTES = 16 * 1024 * 1024;

export class BufferedSink {
  readonly #stream: ReturnType<typeof destination>;
  readonly #isBuffered: boolean;
  readonly #blockBytes: number;
  #state: 'well' | 'failing' | 'closed' = 'well';
  /** Lines not yet given to the stream, which measures all that it holds at every line. */
  #lines: string[] = [];
  #bytes = 0;
  #timer: NodeJS.Timeout | undefined;

  /**
   * `pretty` lines are written at once, `json` lines in the background. `isShared`: other processes write to the same
   * place, so that lines must not be torn. Throws where the file cannot be opened.
   */
  constructor(to: number | string, format: 'pretty' | 'json', isShared = false) {
    this.#blockBytes = isShared ? SHARED_BLOCK_BYTES : BLOCK_BYTES;
    this.#isBuffered = format === 'json';
    const stream = destination({
      // Open from the start: the stream would open it in the background, and could not be flushed until then.
      dest: typeof to === 'string' ? openSync(to, 'a') : to,
      sync: !this.#isBuffered,
      maxLength: MAX_WAITING_BYTES,
      maxWrite: this.#blockBytes,
      contentMode: 'buffer',
    });
    stream.on('error', (error: NodeJS.ErrnoException) => {
      // pino makes the stream deaf on EPIPE: no 'close' will follow.
      if (error.code === 'EPIPE') this.#state = 'closed';
      if (this.#state === 'well') this.#state = 'failing';
    });
    stream.on('write', () => {
      if (this.#state === 'failing') this.#state = 'well';
    });
    // flushSync tries for ever where the disk is full, or throws, and pino calls it when the process exits.
    const flushSync = stream.flushSync.bind(stream);
    stream.flushSync = () => {
      // Else the first write would go its own way in the background, and flushSync would not wait for it.
      const mode = stream as unknown as { sync: boolean };
      mode.sync = true;
      this.#handOver();
      mode.sync = !this.#isBuffered;
      if (this.#state !== 'well') return;
      try {
        flushSync();
      } catch {
        this.#state = 'failing';
      }
    };
    this.#stream = stream;
  }

  write(text: string): void {
    if (this.#state === 'closed') return;
    if (!this.#isBuffered) {
      this.#give(text);
      return;
    }
    const bytes = Buffer.byteLength(text);
    if (this.#bytes + bytes > this.#blockBytes) this.#handOver();
    this.#lines.push(text);
    this.#bytes += bytes;
    this.#timer ??= setTimeout(() => this.#handOver(), FLUSH_MS).unref();
  }

  #handOver(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#lines.length === 0) return;
    const text = this.#lines.join('');
    this.#lines = [];
    this.#bytes = 0;
    if (this.#state !== 'closed') this.#give(text);
  }

  /** As bytes: the stream's own encoding goes by characters, which costs a request more than parsing its head. */
  #give(text: string): void {
    const isAscii = Buffer.byteLength(text) === text.length;
    // Its types know of text alone.
    const stream = this.#stream as unknown as { write(bytes: Buffer): boolean };
    stream.write(Buffer.from(text, isAscii ? 'latin1' : 'utf8'));
  }

  /** Writes out what is buffered before it returns, unless the last write failed. */
  flush(): void {
    this.#stream.flushSync();
  }

  /** Writes out what is buffered, then takes no more. Waits for a slow reader; gives up at the first error. */
  async close(): Promise<void> {
    if (this.#state === 'closed') return;
    const stream = this.#stream;
    this.#handOver();
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
