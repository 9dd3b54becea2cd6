// Time as a value that is passed in: deciding code takes `now`, doing code takes a Clock, tests move it by hand.

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
}

export const systemClock: Clock = { now: () => Date.now() };

/**
 * Milliseconds since the process began, for deadlines: it never jumps. The system's clock does, when it is set or a
 * machine wakes up, and every timeout would be due at once, or none for as long as it was set back.
 */
export const steadyClock: Clock = { now: () => performance.now() };
