// Loaded into a child by `--import`: how long it works, at most, before the event loop turns. In processor time of the
// main thread, which stays true on a machine that is busy with something else. SIGUSR2 prints the longest turn since
// the last time.
import process from 'node:process';
import { isMainThread } from 'node:worker_threads';

if (isMainThread) watchTurns();

function watchTurns(): void {
  let last = cpuMs();
  let longest = 0;
  setInterval(() => {
    const now = cpuMs();
    longest = Math.max(longest, now - last);
    last = now;
  }, 1).unref();
  process.on('SIGUSR2', () => {
    console.log(JSON.stringify({ msg: 'longest turn', cpu_ms: longest }));
    longest = 0;
  });
}

function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}
