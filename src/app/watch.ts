// Notices that a file has changed by looking at it once a second. Slower than inotify, and right where that is not:
// editors that rename, Kubernetes' `..data` links, bind mounts, network file systems.
import { type FileStates, fileState } from './file-states.ts';

const INTERVAL_MS = 1000;

export class FileWatch {
  readonly #onChange: () => void;
  readonly #intervalMs: number;
  #seen: FileStates = new Map();
  /** A change that was seen once: acted on when the next look finds the files at rest. */
  #pending: FileStates | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isLooking = false;
  #isStopped = false;
  /** While the files are read in any case, so that one change is not taken for two. */
  isPaused = false;

  /** `intervalMs` default 1000. */
  constructor(onChange: () => void, intervalMs = INTERVAL_MS) {
    this.#onChange = onChange;
    this.#intervalMs = intervalMs;
  }

  /**
   * Watches these files from now on; those before are forgotten. `states` are from before the files were read, so that
   * whatever happens to them while they are read counts as a change.
   */
  watch(states: FileStates): void {
    this.#seen = states;
    this.#pending = undefined;
    if (!this.#isStopped) this.#timer ??= setInterval(() => void this.look(), this.#intervalMs).unref();
  }

  /** For good. */
  stop(): void {
    this.#isStopped = true;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** One look. The timer does so by itself. */
  async look(): Promise<void> {
    if (this.#isLooking || this.isPaused) return;
    this.#isLooking = true;
    const seen = this.#seen;
    const now = await statesOf(seen.keys());
    this.#isLooking = false;
    if (seen !== this.#seen || this.isPaused || this.#isStopped) return;
    if (isSame(now, seen)) this.#pending = undefined;
    else if (this.#pending !== undefined && isSame(now, this.#pending)) {
      this.#seen = now;
      this.#pending = undefined;
      this.#onChange();
    } else this.#pending = now;
  }
}

async function statesOf(files: Iterable<string>): Promise<FileStates> {
  const states = new Map<string, string>();
  for (const file of files) states.set(file, await fileState(file));
  return states;
}

function isSame(one: FileStates, other: FileStates): boolean {
  for (const [file, state] of one) if (other.get(file) !== state) return false;
  return one.size === other.size;
}
