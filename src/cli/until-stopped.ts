// A running proxy and the signals: SIGHUP reloads, SIGTERM or SIGINT drains, a second one cuts.
import { once } from 'node:events';

export interface Stoppable {
  reload(trigger: 'signal'): Promise<unknown>;
  drain(): Promise<void>;
  close(): Promise<void>;
}

/** Returns when the proxy has been stopped by a signal and everything of it is closed. */
export async function untilStopped(proxy: Stoppable): Promise<void> {
  const listeners = new AbortController();
  const hangUp = (): void => void proxy.reload('signal');
  process.on('SIGHUP', hangUp);
  const { signal } = listeners;
  const stop = (): Promise<unknown> =>
    Promise.race([once(process, 'SIGTERM', { signal }), once(process, 'SIGINT', { signal })]);
  try {
    await stop();
    const insist = stop().then(
      () => proxy.close(),
      () => {},
    );
    await Promise.race([proxy.drain(), insist]);
    await proxy.close();
  } finally {
    listeners.abort();
    process.off('SIGHUP', hangUp);
  }
}
