// What is said in the log about certificates that are asked for.
import type { AcmeEvent } from '../certs/acme/manager.ts';
import type { Observer } from '../core/observer.ts';

/** `now`: milliseconds since the epoch. */
export function reportAcme(event: AcmeEvent, observer: Observer, now: number): void {
  const names = event.order.names.join(', ');
  if (event.kind === 'obtained') {
    const until = new Date(event.notAfter).toISOString();
    observer.lifecycle({ time: now, event: 'certificate_obtained', detail: `${names}, until ${until}` });
    return;
  }
  const { error, failures, retryAt } = event;
  const what = error.message.startsWith(`${names}: `) ? error.message : `${names}: ${error.message}`;
  observer.warning({
    time: now,
    code: 'certificate_failed',
    detail: `${what}; ${failures} in a row, the next try is at ${new Date(retryAt).toISOString()}`,
    cause: error,
  });
}
