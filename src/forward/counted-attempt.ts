// One attempt as everybody counts it, once: its instance, the budget for second tries, and the trace.
import type { SallyportError } from '../core/errors.ts';
import type { Exchange } from '../exchange/exchange.ts';
import type { Attempt, AttemptSink, Endpoint, OutgoingHead } from '../upstream/contract.ts';
import type { Upstream } from '../upstream/upstream.ts';
import { type ForwardPlan, outgoingHead } from './outgoing.ts';

/** Where attempts go: as far as this room looks at an Upstream. */
export type Endpoints = Pick<
  Upstream,
  'endpoints' | 'pick' | 'isFull' | 'begin' | 'end' | 'beginRetry' | 'endRetry'
>;

export interface AttemptParts {
  readonly exchange: Exchange;
  readonly plan: ForwardPlan;
  readonly endpoints: Endpoints;
}

/**
 * `retry`: after one that failed, on a fresh connection. `hedge`: beside one that is late. `beginRetry` has given both their
 * place in the budget.
 */
export type AttemptKind = 'first' | 'retry' | 'hedge';

export class CountedAttempt {
  readonly endpoint: Endpoint;
  readonly head: OutgoingHead;
  readonly attempt: Attempt;
  readonly #parts: AttemptParts;
  readonly #kind: AttemptKind;
  readonly #span: ReturnType<NonNullable<ForwardPlan['trace']>['beginAttempt']>;
  readonly #health: ReturnType<Endpoints['begin']>;
  #isOver = false;

  constructor(parts: AttemptParts, endpoint: Endpoint, kind: AttemptKind, sink: AttemptSink) {
    const { exchange, plan, endpoints } = parts;
    this.endpoint = endpoint;
    this.#parts = parts;
    this.#kind = kind;
    // Before the head, which names it.
    this.#span = plan.trace?.beginAttempt(endpoint.name, plan.target);
    const head = outgoingHead(exchange, plan, endpoint.authority);
    this.head = kind === 'retry' ? { ...head, isFresh: true } : head;
    this.#health = endpoints.begin(endpoint);
    this.attempt = endpoint.open(this.head, sink);
  }

  /** Through no fault of its instance. */
  abandon(): void {
    this.attempt.abort();
    this.#end('gone', 0, undefined);
  }

  /** With an answer of this status; `error`: that was cut. */
  answered(status: number, error?: SallyportError): void {
    this.#end(status, status, error);
  }

  /** With no more of an answer than `status` says, 0 for none. An instance is blamed for its own faults only. */
  failed(status: number, error: SallyportError): void {
    const isTheirs = error.kind.source === 'upstream' && error.code !== 'upstream_unavailable';
    this.#end(isTheirs ? 'failed' : 'gone', status, error);
  }

  #end(outcome: number | 'failed' | 'gone', status: number, error: SallyportError | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const { plan, endpoints } = this.#parts;
    plan.trace?.endAttempt(this.#span, status, error?.code);
    endpoints.end(this.#health, outcome);
    if (this.#kind !== 'first') endpoints.endRetry();
  }
}
