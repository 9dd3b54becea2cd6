// How many requests a caller may make: by certificate, address, header or cookie, or all callers of a route together.
import { addressGroup } from '../core/address-group.ts';
import type { RateLimit, RateState } from '../core/rate-limit.ts';
import { type AffinityKey, keyIn } from './affinity.ts';
import type { Admitted } from './life.ts';

export interface RequestLimit {
  /** Undefined: all callers share it. */
  readonly key: AffinityKey | undefined;
  readonly limit: RateLimit;
}

/** What the answer says of it. */
export interface RateNote extends RateState {
  readonly limit: number;
}

/** Counts the request against every limit; the one that refuses it, else the one with least left. */
export function takeFrom(limits: readonly RequestLimit[], admitted: Admitted): RateNote | undefined {
  const now = performance.now();
  let nearest: RateNote | undefined;
  for (const { key, limit } of limits) {
    const state = limit.take(key === undefined ? '' : (keyOf(key, admitted) ?? ''), now);
    const note = { ...state, limit: limit.rate.burst };
    if (!state.isAllowed) return note;
    if (nearest === undefined || note.remaining < nearest.remaining) nearest = note;
  }
  return nearest;
}

/** As for the choice of an instance, but that addresses of one customer are one. */
function keyOf(key: AffinityKey, admitted: Admitted): string | undefined {
  const found = keyIn(key, admitted);
  const isAddress = found === admitted.connection.remoteAddress;
  return isAddress ? addressGroup(found) : found;
}

/** As nginx modules, Envoy and the draft that became RateLimit fields write them; seconds are rounded up. */
export function rateFields({ limit, remaining, waitMs, isAllowed }: RateNote): string[] {
  const seconds = String(Math.ceil(waitMs / 1000));
  const fields = ['RateLimit-Limit', String(limit), 'RateLimit-Remaining', String(remaining)];
  fields.push('RateLimit-Reset', seconds);
  if (!isAllowed) fields.push('Retry-After', String(Math.max(1, Number(seconds))));
  return fields;
}
