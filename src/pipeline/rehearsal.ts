// A request that nobody sent, taken through the phases up to the point where it would be answered: for `explain`.
import type { Connection } from '../exchange/connection.ts';
import type { Exchange, RequestHead } from '../exchange/exchange.ts';
import { outgoingHead } from '../forward/outgoing.ts';
import type { Endpoint, OutgoingHead } from '../upstream/contract.ts';
import { type Admitted, Life } from './life.ts';
import { approach } from './phases.ts';
import { planOf } from './plan.ts';
import type { Refusal } from './refusal.ts';
import type { Jwks, Served } from './served-route.ts';

export interface Rehearsal {
  /** What the phases wrote down as far as they came. */
  readonly life: Life;
  readonly outcome: Admitted | Jwks | Refusal;
}

/** `time`: milliseconds since the epoch. */
export function rehearse(
  request: Pick<RequestHead, 'method' | 'authority' | 'target'>,
  { connection, served, time }: { connection: Connection; served: Served; time: number },
): Rehearsal {
  const exchange = new UnsentExchange(connection, request);
  const life = new Life(exchange, served, '(one for each request)', time);
  return { life, outcome: approach(life) };
}

/** What an endpoint would get; without the signed assertion, which would be as good as the one of a real request. */
export function rehearsedHead(
  admitted: Admitted,
  { authority }: Pick<Endpoint, 'authority'>,
): OutgoingHead | undefined {
  const { action } = admitted.route;
  if (action.kind !== 'forward') return undefined;
  const plan = planOf(admitted, { rewrite: action.rewrite, upgrade: undefined, key: undefined });
  const callerHeaders = { ...plan.callerHeaders, assertion: undefined };
  return outgoingHead(admitted.exchange, { ...plan, callerHeaders }, authority);
}

class UnsentExchange implements Exchange {
  readonly connection: Connection;
  readonly request: RequestHead;
  readonly startedAt = performance.now();
  readonly bytesIn = 0;
  readonly bytesOut = 0;
  readonly isRequestComplete = true;

  constructor(connection: Connection, request: Pick<RequestHead, 'method' | 'authority' | 'target'>) {
    this.connection = connection;
    this.request = { ...request, version: 'HTTP/1.1', headers: [], contentLength: 0, upgrade: undefined };
  }

  readonly listen = answersNobody;
  readonly readBody = answersNobody;
  readonly pauseBody = answersNobody;
  readonly resumeBody = answersNobody;
  readonly inform = answersNobody;
  readonly respond = answersNobody;
  readonly write = answersNobody;
  readonly end = answersNobody;
  readonly upgrade = answersNobody;
  readonly revoke = answersNobody;
  readonly settle = answersNobody;
}

function answersNobody(): never {
  throw new Error('a request that nobody sent cannot be answered');
}
