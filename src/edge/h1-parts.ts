// What an HTTP/1.1 connection is given: who is at the other end, who answers, and the limits of both.
import type { Deadlines } from '../core/deadlines.ts';
import type { Connection } from '../exchange/connection.ts';
import type { Service } from '../exchange/service.ts';
import type { RequestLimits } from '../http1/limits.ts';
import type { H1TimingLimits } from './h1-timing.ts';

export interface H1Settings {
  readonly request: RequestLimits;
  readonly timing: H1TimingLimits;
  /** How long an exchange in flight may go on whose client may no longer be here. */
  readonly revocationMs: number;
}

export interface H1Parts {
  readonly connection: Connection;
  readonly service: Service;
  readonly settings: H1Settings;
  readonly deadlines: Deadlines;
  /** Cuts the transport at once, so that even an answer delimited by close is seen as cut. */
  reset(): void;
  onClose(): void;
}
