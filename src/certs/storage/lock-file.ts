// A lock between processes as a file: whoever makes it holds it, and touches it again and again to show that they live.
// Node has no flock(2). A process that is stopped for longer than STALE_MS loses its lock to another without noticing:
// what is done under a lock must do no harm when it is done twice.
import { randomUUID } from 'node:crypto';
import { link, open, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import type { StorageLock } from './storage.ts';

const TOUCH_MS = 5000;
const STALE_MS = 30_000;
const RETRY_MS = 200;

interface Holder {
  readonly id: string;
  readonly host: string;
  readonly pid: number;
}

/** Waits until nobody else holds it, or rejects once `signal` aborts. */
export async function lockFile(file: string, signal: AbortSignal): Promise<StorageLock> {
  for (;;) {
    signal.throwIfAborted();
    const holder: Holder = { id: randomUUID(), host: hostname(), pid: process.pid };
    if (await tryToMake(file, holder)) return held(file, holder);
    if (!(await removeStale(file))) await delay(RETRY_MS, undefined, { signal });
  }
}

async function tryToMake(file: string, holder: Holder): Promise<boolean> {
  try {
    const handle = await open(file, 'wx', 0o600);
    try {
      await handle.writeFile(JSON.stringify(holder));
    } finally {
      await handle.close();
    }
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

function held(file: string, holder: Holder): StorageLock {
  const timer = setInterval(() => {
    const now = new Date();
    utimes(file, now, now).catch(() => {});
  }, TOUCH_MS).unref();
  return {
    async release() {
      clearInterval(timer);
      try {
        const text = await readFile(file, 'utf8');
        if (holderOf(text)?.id === holder.id) await rm(file, { force: true });
      } catch {
        // It is gone, or will be stale.
      }
    },
  };
}

/** Whether there is reason to try again at once. */
async function removeStale(file: string): Promise<boolean> {
  try {
    const { mtimeMs } = await stat(file);
    const text = await readFile(file, 'utf8');
    if (Date.now() - mtimeMs < STALE_MS && !isDead(holderOf(text))) return false;
    // Two may see this at once, and the slower one could take away what the faster has made since: it looks again at
    // what it has moved, and puts it back.
    const moved = `${file}.${randomUUID()}`;
    await rename(file, moved);
    if ((await readFile(moved, 'utf8')) !== text) await link(moved, file).catch(() => {});
    await rm(moved, { force: true });
    return true;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return true;
    throw error;
  }
}

/** A process of this machine that is there no more need not be waited for. */
function isDead(holder: Holder | undefined): boolean {
  if (holder === undefined || holder.host !== hostname()) return false;
  try {
    process.kill(holder.pid, 0);
    return false;
  } catch (error) {
    return codeOf(error) === 'ESRCH';
  }
}

/** Undefined while it is being written. */
function holderOf(text: string): Holder | undefined {
  try {
    return JSON.parse(text) as Holder;
  } catch {
    return undefined;
  }
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}
