// Time as a value that is passed in: deciding code takes `now`, doing code takes a Clock, tests move it by hand.

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
}

export const systemClock: Clock = { now: () => Date.now() };
