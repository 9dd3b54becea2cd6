// What is said in the log when an instance of an app falls out or comes back, and when DNS says something new.
import type { Observer } from '../core/observer.ts';
import type { OnUpstream } from '../upstream/registry.ts';

export function reportUpstream(event: Parameters<OnUpstream>[0], observer: Observer, time: number): void {
  const { name } = event;
  if ('isReady' in event) {
    const detail = `${name} ${event.reason}`;
    if (event.isReady) observer.lifecycle({ time, event: 'upstream_healthy', detail });
    else observer.warning({ time, code: 'upstream_unhealthy', detail });
    return;
  }
  const known = event.addresses.length === 0 ? 'nowhere' : `at ${event.addresses.join(', ')}`;
  if (event.fault === undefined)
    observer.lifecycle({ time, event: 'upstream_resolved', detail: `${name} is ${known}` });
  else
    observer.warning({
      time,
      code: 'upstream_unresolved',
      detail: `${name}: ${event.fault}; it is taken to be ${known}`,
    });
}
