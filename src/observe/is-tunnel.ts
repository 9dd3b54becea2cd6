// Which exchanges last as long as somebody wants to talk: their durations say nothing about anybody's speed.
import type { ExchangeRecord } from '../core/observer.ts';

export function isTunnel({ method, status }: Pick<ExchangeRecord, 'method' | 'status'>): boolean {
  return status === 101 || (method === 'CONNECT' && status === 200);
}
