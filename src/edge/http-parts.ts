// What a connection of whatever HTTP version is given: who is at the other end, who answers, and the limits of both.
import type { Deadlines } from '../core/deadlines.ts';
import type { Connection } from '../exchange/connection.ts';
import type { Service } from '../exchange/service.ts';
import type { RequestLimits } from '../http1/limits.ts';
import type { TimingLimits } from './request-timing.ts';

export interface HttpSettings {
  readonly request: RequestLimits;
  readonly timing: TimingLimits;
  /** How long an exchange in flight may go on whose client may no longer be here. */
  readonly revocationMs: number;
  /** Requests at once on one connection of HTTP/2. */
  readonly maxStreams: number;
}

export interface HttpParts {
  readonly connection: Connection;
  readonly service: Service;
  readonly settings: HttpSettings;
  readonly deadlines: Deadlines;
  /** Cuts the transport at once, so that even an answer delimited by close is seen as cut. */
  reset(): void;
  onClose(): void;
  /** It was ended because its client cost more than it was worth. */
  onFlood?(): void;
}
