// The forwarded exchanges that are under way. What was granted is asked for again when routes or policy change, and when
// the time is over for which it was granted; whoever would be refused now is shown out. Where nothing changed for them,
// nobody notices.
import { SallyportError } from '../core/errors.ts';
import type { Clock } from '../core/clock.ts';
import type { Observer } from '../core/observer.ts';
import { TimeSlices } from '../core/time-slices.ts';
import { Roster } from '../core/roster.ts';
import { decide } from '../policy/decide.ts';
import type { Miss } from '../route/table.ts';
import type { Directed, Life } from './life.ts';
import { vouch } from './phases.ts';
import { Refusal } from './refusal.ts';
import type { Served, ServedRoute } from './served-route.ts';

/** How late the end of a grant may be noticed. */
const TICK_MS = 250;

/** Requests and tunnels of a route. */
export interface RouteRequests {
  readonly route: string;
  readonly inFlight: number;
}

export interface UnderWayParts {
  readonly observer: Observer;
  readonly clock: Clock;
  /** Those in force. */
  served(): Served;
}

export class UnderWay {
  readonly #parts: UnderWayParts;
  readonly #lives = new Roster<Directed>();
  /** Milliseconds since the epoch: no grant ends before. */
  #nextUntil = Infinity;
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: UnderWayParts) {
    this.#parts = parts;
  }

  add(life: Directed): void {
    this.#lives.add(life);
    const { until } = life.grant;
    if (until < this.#nextUntil) this.#nextUntil = until;
    this.#timer ??= setInterval(() => this.#tick(), TICK_MS).unref();
  }

  /** How many, by route. */
  requests(): RouteRequests[] {
    const routes = new Map<string, number>();
    for (const { route } of this.#lives.toArray()) routes.set(route.name, (routes.get(route.name) ?? 0) + 1);
    return Array.from(routes, ([route, inFlight]) => ({ route, inFlight }));
  }

  delete(life: Life): void {
    this.#lives.delete(life as Directed);
  }

  /** For one that was kept waiting: why it may go no further as of now. */
  refusalOf(life: Directed): Refusal | undefined {
    const now = this.#parts.clock.now();
    const vouched = vouch(life, now);
    if (vouched instanceof Refusal) return vouched;
    const reason = whyNot(life, this.#parts.served(), now);
    return reason === undefined ? undefined : new Refusal('denied', reason);
  }

  /** Asks again for each whose grant is of an earlier policy, in slices between which the event loop turns. */
  async reconsider(): Promise<void> {
    await this.#reconsiderAll(({ grant }) => grant.policyVersion !== this.#parts.served().policyVersion);
  }

  #tick(): void {
    if (this.#lives.size === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
      this.#nextUntil = Infinity;
      return;
    }
    const now = this.#parts.clock.now();
    if (now < this.#nextUntil) return;
    this.#nextUntil = Infinity;
    void this.#reconsiderAll(({ grant }) => grant.until <= now);
  }

  async #reconsiderAll(isDue: (life: Directed) => boolean): Promise<void> {
    const slices = new TimeSlices();
    for (const life of this.#lives.toArray()) {
      if (life.rosterIndex === -1) continue;
      if (isDue(life)) this.#reconsider(life, this.#parts.served(), this.#parts.clock.now());
      this.#nextUntil = Math.min(this.#nextUntil, life.grant.until);
      if (slices.isOver) await slices.pause();
    }
  }

  #reconsider(life: Directed, served: Served, now: number): void {
    const { connection } = life;
    const reason = whyNot(life, served, now);
    if (reason === undefined) return;
    this.#lives.delete(life);
    const verdict = connection.verdict(now);
    const shown = verdict?.ok === true ? verdict.identity.leaf : verdict?.shown;
    this.#parts.observer.revocation({
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

function matchAnew({ route, host, path }: Directed, { routes }: Served): ServedRoute | Miss {
  const { action } = route;
  return action.kind === 'tunnel'
    ? (routes.tunnel(host, action.port) ?? 'no_route')
    : routes.match(host, path);
}

/**
 * Why the caller would be refused under these routes; undefined, with a new grant noted, where it would not. A
 * certificate that no longer passes where one is demanded is not asked about: the edge ends its connections.
 */
function whyNot(life: Directed, served: Served, now: number): string | undefined {
  const { connection } = life;
  const verdict = connection.verdict(now);
  if (connection.demandsCertificate && verdict?.ok !== true) return undefined;
  if (served.groupOf(life.host) !== connection.group) return 'misdirected';
  const match = matchAnew(life, served);
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
