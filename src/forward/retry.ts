// Whether a request may go out a second time, where its attempt failed or beside it. At most once, only before the client
// has seen anything, never with a body, and only where doing it twice is the same as doing it once: a POST is never sent
// again.
import type { SallyportError } from '../core/errors.ts';
import { isIdempotentMethod, isSafeMethod } from '../core/method.ts';
import type { OutgoingHead, Sent } from '../upstream/contract.ts';

export function mayRetry(head: OutgoingHead, error: SallyportError, sent: Sent): boolean {
  if (head.contentLength !== 0 || head.upgrade !== undefined) return false;
  if (!isIdempotentMethod(head.method)) return false;
  const { retry } = error.kind;
  return retry === 'idempotent' || (retry === 'unsent' && sent === 'none');
}

export function mayHedge({
  method,
  contentLength,
  upgrade,
}: Pick<OutgoingHead, 'method' | 'contentLength' | 'upgrade'>): boolean {
  return contentLength === 0 && upgrade === undefined && isSafeMethod(method);
}

/** Whether another address may be tried for a tunnel: nothing has been said yet, so that each of them may be, once. */
export function mayDialAnother(error: SallyportError, attempts: number, addresses: number): boolean {
  return error.kind.retry === 'unsent' && attempts < addresses;
}
