// The forwarded exchanges that are under way, for a change of policy: what was granted under the old one is asked for
// again under the new one, and whoever would be refused now is shown out. Where nothing changed for them, nobody notices.
import { SallyportError } from '../core/errors.ts';
import type { Observer } from '../core/observer.ts';
import { TimeSlices } from '../core/time-slices.ts';
import { decide } from '../policy/decide.ts';
import type { Directed, Life } from './life.ts';
import type { Served } from './served-route.ts';

export class UnderWay {
  readonly #observer: Observer;
  readonly #lives = new Set<Directed>();

  constructor(observer: Observer) {
    this.#observer = observer;
  }

  get size(): number {
    return this.#lives.size;
  }

  add(life: Directed): void {
    this.#lives.add(life);
  }

  delete(life: object): void {
    this.#lives.delete(life as Directed);
  }

  /** Asks again for each, in slices between which the event loop turns. `clock` gives milliseconds since the epoch. */
  async reconsider(served: () => Served, now: () => number): Promise<void> {
    const slices = new TimeSlices();
    for (const life of this.#lives) {
      if (life.grant.policyVersion !== served().policyVersion) this.#reconsider(life, served(), now());
      if (slices.isOver) await slices.pause();
    }
  }

  #reconsider(life: Directed, served: Served, now: number): void {
    const { connection } = life.exchange;
    const reason = whyNot(life, served, now);
    if (reason === undefined) return;
    const verdict = connection.verdict(now);
    const shown = verdict?.ok === true ? verdict.identity.leaf : verdict?.shown;
    this.#observer.revocation({
      time: now,
      connectionId: connection.id,
      remoteAddress: connection.remoteAddress,
      sni: connection.sni,
      subject: shown?.subject,
      serial: shown?.serial,
      sha256: shown?.sha256,
      cause: 'policy',
      reason,
      detail: `${life.route.name}, request ${life.requestId}`,
      state: life.exchange.revoke(new SallyportError('revoked', reason)),
    });
  }
}

/**
 * Why the caller would be refused under these routes; undefined, with a new grant noted, where it would not. A
 * certificate that no longer passes where one is demanded is not asked about: the edge ends its connections.
 */
function whyNot(life: Directed, served: Served, now: number): string | undefined {
  const { connection } = life.exchange;
  const verdict = connection.verdict(now);
  if (connection.demandsCertificate && verdict?.ok !== true) return undefined;
  if (served.groupOf(life.host) !== connection.group) return 'misdirected';
  const match = served.routes.match(life.host, life.path);
  if (typeof match === 'string') return match;
  const decision = decide({
    connection,
    verdict,
    rule: match.parts.rule,
    policyVersion: served.policyVersion,
    method: life.exchange.request.method,
    path: life.path.path,
    now,
  });
  if (!decision.ok) return decision.reason;
  const written: Life = life;
  written.grant = decision;
  return undefined;
}
