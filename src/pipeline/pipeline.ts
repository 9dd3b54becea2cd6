// Runs the phases over every exchange and ends each one exactly once: answered, cut or done, then one record.
import { randomUUID } from 'node:crypto';
import type { Clock } from '../core/clock.ts';
import { SallyportError } from '../core/errors.ts';
import type { MemoryBudget } from '../core/memory-budget.ts';
import type { Observer } from '../core/observer.ts';
import type { Disposition, Exchange } from '../exchange/exchange.ts';
import type { Service } from '../exchange/service.ts';
import { ByteBudget } from '../forward/buffered-body.ts';
import { Forwarding } from '../forward/forwarding.ts';
import { upgradeRequestFault } from '../forward/upgrade-request.ts';
import { choiceFor } from './affinity.ts';
import { type RefusalHelp, answerJwks, answerOptions, refuse, reply } from './answer.ts';
import { answerLocally } from './answer-locally.ts';
import { bufferBody } from './buffering.ts';
import { type Admitted, type Directed, Life } from './life.ts';
import { LifeOutcome } from './life-outcome.ts';
import { approach, direct } from './phases.ts';
import type { PathRewrite } from '../route/rewrite.ts';
import { planOf } from './plan.ts';
import { exchangeRecord } from './record.ts';
import { takeFrom } from './rate-limits.ts';
import { Refusal } from './refusal.ts';
import type { Served } from './served-route.ts';
import type { Tracer } from './tracer.ts';
import { type RouteRequests, UnderWay } from './under-way.ts';

export interface PipelineParts {
  /** The configuration in force now. */
  served(): Served;
  readonly observer: Observer;
  readonly clock: Clock;
  /** Default: a random UUID. */
  readonly newRequestId?: (() => string) | undefined;
  readonly help?: RefusalHelp | undefined;
  /** Undefined: there is always enough. */
  readonly memory?: Pick<MemoryBudget, 'state'> | undefined;
  /** Undefined: nothing is traced. */
  readonly tracer?: Tracer | undefined;
}

export class Pipeline implements Service {
  readonly #parts: PipelineParts;
  readonly #newRequestId: () => string;
  readonly #underWay: UnderWay;
  readonly #bufferedBytes = new ByteBudget();

  constructor(parts: PipelineParts) {
    this.#parts = parts;
    this.#underWay = new UnderWay(parts);
    this.#newRequestId = parts.newRequestId ?? randomUUID;
  }

  serve(exchange: Exchange): void {
    const life = this.#begin(exchange);
    try {
      const refusal = this.#run(life);
      if (refusal !== undefined) this.#refuse(life, refusal);
    } catch (error) {
      this.#fail(life, error);
    }
  }

  refuse(exchange: Exchange, error: SallyportError): void {
    const life = this.#begin(exchange);
    life.verdict = exchange.connection.verdict(life.time);
    life.trace = this.#parts.tracer?.begin(life);
    try {
      this.#refuse(life, Refusal.of(error));
    } catch (fault) {
      this.#fail(life, fault);
    }
  }

  /** What is under way to apps. */
  requests(): RouteRequests[] {
    return this.#underWay.requests();
  }

  /** To be called after every change of routes or policy: ends what would be refused now. Resolves when all is done. */
  async reconsider(): Promise<void> {
    await this.#underWay.reconsider();
  }

  #begin(exchange: Exchange): Life {
    const { clock } = this.#parts;
    return new Life(exchange, this.#parts.served(), this.#newRequestId(), clock.now());
  }

  /** Undefined: the exchange is answered or on its way. */
  #run(life: Life): Refusal | undefined {
    const { memory } = this.#parts;
    if (memory !== undefined && memory.state !== 'enough') return new Refusal('overloaded');
    const outcome = approach(life);
    life.trace = this.#parts.tracer?.begin(life);
    if (outcome instanceof Refusal) return outcome;
    if (!(outcome instanceof Life)) return this.#answered(life, () => answerJwks(life, outcome));
    return this.#act(outcome);
  }

  #act(admitted: Admitted): Refusal | undefined {
    const { action } = admitted.route;
    const { limits, maintenance } = admitted.route.parts;
    if (limits.length > 0) {
      admitted.rate = takeFrom(limits, admitted);
      if (admitted.rate?.isAllowed === false) return new Refusal('rate_limited');
    }
    if (maintenance !== undefined) return new Refusal('maintenance');
    if (admitted.path.path === '*') return this.#answered(admitted, () => answerOptions(admitted));
    switch (action.kind) {
      case 'redirect': {
        const { status } = action.redirect;
        const location = action.redirect.location(admitted.host, admitted.port, admitted.path);
        return this.#answered(admitted, () =>
          reply(admitted, status, ['Location', location], { body: Buffer.alloc(0) }),
        );
      }
      case 'response': {
        const { status, headers, body } = action.response;
        return this.#answered(admitted, () => reply(admitted, status, headers, { body }));
      }
      case 'enrol':
        return this.#answerLocally(admitted);
      case 'forward':
        return this.#forward(direct(admitted), action.rewrite);
      case 'tunnel':
        return this.#forward(direct(admitted), undefined);
      default:
        return action satisfies never;
    }
  }

  #answered(life: Life, answer: () => void): undefined {
    answer();
    this.#settle(life, 'keep');
  }

  #answerLocally(admitted: Admitted): Refusal | undefined {
    const { exchange, route: taken } = admitted;
    const { local } = taken.parts;
    if (local === undefined) return new Refusal('upstream_unavailable');
    if ((exchange.request.contentLength ?? 0) > local.maxBodyBytes) return new Refusal('body_too_large');
    const outcome = new LifeOutcome(admitted, this);
    answerLocally(admitted, local, this.#parts.observer).then(
      () => outcome.onDone(),
      (fault: unknown) => {
        if (fault instanceof SallyportError) outcome.onRefused(fault);
        else this.#fail(admitted, fault);
      },
    );
    return undefined;
  }

  #forward(directed: Directed | Refusal, rewrite: PathRewrite | undefined): Refusal | undefined {
    if (directed instanceof Refusal) return directed;
    const { request } = directed.exchange;
    const { parts } = directed.route;
    if (request.contentLength !== undefined && request.contentLength > parts.maxBodyBytes)
      return new Refusal('body_too_large');
    const { upgrade } = request;
    if (upgrade !== undefined) {
      if (!parts.upgrades.has(upgrade)) return new Refusal('upgrade_not_allowed');
      const fault = upgradeRequestFault(request);
      if (fault !== undefined) return new Refusal(fault);
    }
    this.#underWay.add(directed);
    if (parts.buffering === undefined || request.contentLength === 0 || upgrade !== undefined)
      return this.#send(directed, rewrite);
    return bufferBody(directed, parts.buffering, this.#bufferedBytes, {
      onWhole: () => this.#sendBuffered(directed, rewrite),
      onFault: (error) => new LifeOutcome(directed, this).onRefused(error),
    });
  }

  /** Its caller may have been locked out while the body came. */
  #sendBuffered(directed: Directed, rewrite: PathRewrite | undefined): void {
    try {
      const refusal = this.#underWay.refusalOf(directed) ?? this.#send(directed, rewrite);
      if (refusal !== undefined) this.#refuse(directed, refusal);
    } catch (error) {
      this.#fail(directed, error);
    }
  }

  #send(directed: Directed, rewrite: PathRewrite | undefined): Refusal | undefined {
    const { exchange, upstream, body } = directed;
    const choice = choiceFor(directed, upstream);
    const endpoint = upstream.pick(choice);
    if (endpoint === undefined)
      return new Refusal('upstream_unavailable', undefined, `${upstream.name}: DNS has given no address`);
    if (upstream.isFull) return new Refusal('upstream_unavailable');
    const plan = planOf(directed, {
      rewrite,
      upgrade: exchange.request.upgrade,
      key: choice.key,
      bufferedBytes: body?.length,
    });
    directed.forwarding = new Forwarding(exchange, plan, endpoint, {
      endpoints: upstream,
      outcome: new LifeOutcome(directed, this),
      body: body ?? exchange,
    });
    directed.forwarding.start();
    return undefined;
  }

  /** For `LifeOutcome`: the end of a forwarded exchange. */
  finish(life: Life, disposition: Disposition, refusal?: Refusal): void {
    try {
      if (refusal === undefined) this.#settle(life, disposition);
      else if (disposition === 'abort') this.#cut(life, refusal);
      else this.#refuse(life, refusal);
    } catch (error) {
      this.#fail(life, error);
    }
  }

  #refuse(life: Life, refusal: Refusal): void {
    note(life, refusal);
    const mayGoOn = refuse(life, refusal, this.#parts.help);
    this.#settle(life, mayGoOn ? 'keep' : 'retire');
  }

  #cut(life: Life, refusal: Refusal): void {
    note(life, refusal);
    this.#settle(life, 'abort');
  }

  /** A fault of our own: the client sees an error or a cut, never an answer that looks whole. */
  #fail(life: Life, cause: unknown): void {
    const error = cause instanceof SallyportError ? cause : new SallyportError('internal', undefined, cause);
    const { observer, clock } = this.#parts;
    observer.warning({ time: clock.now(), code: 'internal_error', detail: error.message, cause });
    const refusal = Refusal.of(error);
    note(life, refusal);
    try {
      refuse(life, refusal, undefined);
      this.#settle(life, 'retire');
    } catch {
      this.#settle(life, 'abort');
    }
  }

  #settle(life: Life, disposition: Disposition): void {
    if (life.isSettled) return;
    life.isSettled = true;
    this.#underWay.delete(life);
    life.body?.discard();
    const became = life.exchange.settle(disposition);
    this.#parts.observer.exchange(exchangeRecord(life, became));
  }
}

function note(life: Life, { code, reason, detail }: Refusal): void {
  life.error = code;
  life.reason = reason;
  life.detail = detail;
}
