// Notices that a file has changed by looking at it once a second. Slower than inotify, and right where that is not:
// editors that rename, Kubernetes' `..data` links, bind mounts, network file systems.
import { stat } from 'node:fs/promises';

const INTERVAL_MS = 1000;

export class FileWatch {
  readonly #onChange: () => void;
  readonly #intervalMs: number;
  #files: readonly string[] = [];
  #seen: string | undefined;
  /** A change that was seen once: acted on when the next look finds the files at rest. */
  #pending: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isLooking = false;

  /** `intervalMs` default 1000. */
  constructor(onChange: () => void, intervalMs = INTERVAL_MS) {
    this.#onChange = onChange;
    this.#intervalMs = intervalMs;
  }

  /**
   * Watches these files from now on; those before are forgotten. `since` (milliseconds since the epoch) is when they
   * began to be read: one that was written later counts as changed.
   */
  async watch(files: readonly string[], since: number): Promise<void> {
    this.#files = [...new Set(files)];
    this.#pending = undefined;
    const { text, writtenAt } = await signature(this.#files);
    this.#seen = writtenAt < since ? text : undefined;
    this.#timer ??= setInterval(() => void this.look(), this.#intervalMs).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** One look. The timer does so by itself. */
  async look(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    const { text: now } = await signature(this.#files);
    this.#isLooking = false;
    if (now === this.#seen) this.#pending = undefined;
    else if (now === this.#pending) {
      this.#seen = now;
      this.#pending = undefined;
      this.#onChange();
    } else this.#pending = now;
  }
}

async function signature(files: readonly string[]): Promise<{ text: string; writtenAt: number }> {
  const parts: string[] = [];
  let writtenAt = 0;
  for (const file of files) {
    try {
      const { ino, size, mtimeMs } = await stat(file);
      parts.push(`${ino} ${size} ${mtimeMs}`);
      writtenAt = Math.max(writtenAt, mtimeMs);
    } catch (error) {
      parts.push((error as NodeJS.ErrnoException).code ?? 'error');
    }
  }
  return { text: parts.join('\n'), writtenAt };
}
