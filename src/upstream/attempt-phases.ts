// What an attempt may wait for, one thing at a time, and what it means when that takes too long.
import { type ErrorCode, SallyportError } from '../core/errors.ts';
import type { EndpointTimeouts } from './timeouts.ts';

/** For a connection; for the app to take the body; for the head of its answer; for more of its body. */
export type Phase = 'wait' | 'body' | 'head' | 'answer';

const LIMITS: Readonly<Record<Phase, { setting: keyof EndpointTimeouts; code: ErrorCode; text: string }>> = {
  wait: { setting: 'waitMs', code: 'upstream_unavailable', text: 'no connection was free within' },
  body: { setting: 'idleMs', code: 'upstream_timeout', text: 'the app took none of the body for' },
  head: { setting: 'headersMs', code: 'upstream_timeout', text: 'no response head within' },
  answer: { setting: 'idleMs', code: 'upstream_stalled', text: 'nothing of the body came for' },
};

/** When a phase that begins now is over; Infinity for no limit. */
export function phaseEnd(phase: Phase, timeouts: EndpointTimeouts, now: number): number {
  const limit = timeouts[LIMITS[phase].setting];
  return limit === 0 ? Infinity : now + limit;
}

/** `name`: the endpoint's, for the log. */
export function phaseFault(phase: Phase, timeouts: EndpointTimeouts, name: string): SallyportError {
  const { setting, code, text } = LIMITS[phase];
  return new SallyportError(code, `${name}: ${text} ${timeouts[setting]} ms`);
}
