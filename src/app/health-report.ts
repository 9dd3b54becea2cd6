// What is said in the log when an instance of an app falls out or comes back.
import type { Observer } from '../core/observer.ts';
import type { OnHealth } from '../upstream/health.ts';

export function reportHealth(
  { name, isReady, reason }: Parameters<OnHealth>[0],
  observer: Observer,
  time: number,
): void {
  const detail = `${name} ${reason}`;
  if (isReady) observer.lifecycle({ time, event: 'upstream_healthy', detail });
  else observer.warning({ time, code: 'upstream_unhealthy', detail });
}
