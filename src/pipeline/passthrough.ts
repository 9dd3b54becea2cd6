// The life of a connection that is passed through: its route by server name, policy by what is known without a
// certificate, a target, and bytes both ways. Nothing of it is read.
import type { Socket } from 'node:net';
import type { Clock } from '../core/clock.ts';
import type { HostMap } from '../core/host-map.ts';
import type { Hostname } from '../core/hostname.ts';
import type { Observer, PassthroughRecord } from '../core/observer.ts';
import { type ProxyProtocolVersion, addressesOf, proxyHeader } from '../core/proxy-protocol.ts';
import type { PassthroughClient, PassthroughService } from '../exchange/passthrough.ts';
import { type Broken, joinSockets } from '../forward/join-sockets.ts';
import { type Denial, type Grant, type Question, decide } from '../policy/decide.ts';
import type { Rule } from '../policy/rule.ts';
import type { WeightedRoundRobin } from '../upstream/balance.ts';
import { type TcpTarget, connectTcp } from '../upstream/tcp-target.ts';

export interface PassthroughRoute {
  readonly name: string;
  /** Asks nothing about certificates or requests. */
  readonly rule: Rule;
  readonly targets: readonly TcpTarget[];
  readonly turns: WeightedRoundRobin;
  /** What tells the target who the client is; undefined: nothing does. */
  readonly proxyProtocol: ProxyProtocolVersion | undefined;
  /** Milliseconds. */
  readonly connectMs: number;
  /** Milliseconds; 0: for ever. */
  readonly idleMs: number;
}

/** By host: a route, or that TLS ends here, which a wildcard of less weight must not take away. */
export type PassthroughRoutes = HostMap<PassthroughRoute | 'terminated'>;

export interface PassthroughParts {
  /** Those in force, and the version that changes with them. */
  readonly served: () => { readonly passthrough: PassthroughRoutes; readonly policyVersion: number };
  readonly observer: Observer;
  readonly clock: Clock;
}

/** Fatal alerts in a record of TLS 1.2 as every version reads it: access_denied, internal_error (RFC 8446 6.2). */
const ACCESS_DENIED = Buffer.from([21, 3, 3, 0, 2, 2, 49]);
const INTERNAL_ERROR = Buffer.from([21, 3, 3, 0, 2, 2, 80]);

type Written = { -readonly [Key in keyof PassthroughRecord]: PassthroughRecord[Key] };

interface Passing {
  readonly client: PassthroughClient;
  readonly cut: (why: Broken) => void;
  /** Milliseconds since the epoch: policy has to be asked again. */
  until: number;
}

/** How late the end of a grant may be noticed. */
const TICK_MS = 250;

export class Passthrough implements PassthroughService {
  readonly #parts: PassthroughParts;
  readonly #passing = new Set<Passing>();
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: PassthroughParts) {
    this.#parts = parts;
  }

  isFor(sni: Hostname): boolean {
    return this.#routeFor(sni) !== undefined;
  }

  take(client: PassthroughClient): void {
    const route = this.#routeFor(client.sni);
    if (route === undefined) {
      client.socket.destroy();
      return;
    }
    const record = this.#begin(client, route);
    const decision = this.#decide(route, client);
    if (decision.ok) void this.#pass(client, route, record, decision);
    else this.#refuse(client.socket, ACCESS_DENIED, { ...record, error: 'denied', reason: decision.reason });
  }

  /** To be called after every change of routes or policy: cuts what would be refused now. */
  reconsider(): void {
    this.#reconsider(() => true);
  }

  #tick(): void {
    if (this.#passing.size === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
      return;
    }
    const now = this.#parts.clock.now();
    this.#reconsider(({ until }) => until <= now);
  }

  #reconsider(isDue: (passing: Passing) => boolean): void {
    for (const passing of this.#passing) {
      if (!isDue(passing)) continue;
      const { client, cut } = passing;
      const route = this.#routeFor(client.sni);
      const decision = route && this.#decide(route, client);
      if (decision?.ok === true) {
        passing.until = decision.until;
        continue;
      }
      this.#passing.delete(passing);
      this.#parts.observer.revocation({
        time: this.#parts.clock.now(),
        connectionId: client.id,
        remoteAddress: client.remoteAddress,
        sni: client.sni,
        subject: undefined,
        serial: undefined,
        sha256: undefined,
        cause: 'policy',
        reason: decision?.reason ?? 'no_route',
        detail: route?.name,
        state: 'tunnel',
      });
      cut('revoked');
    }
  }

  #routeFor(sni: Hostname): PassthroughRoute | undefined {
    const found = this.#parts.served().passthrough.lookup(sni);
    return found === 'terminated' ? undefined : found;
  }

  #begin(client: PassthroughClient, route: PassthroughRoute): Written {
    return {
      time: this.#parts.clock.now(),
      connectionId: client.id,
      remoteAddress: client.remoteAddress,
      remotePort: client.remotePort,
      sni: client.sni,
      route: route.name,
      endpoint: undefined,
      attempts: 0,
      bytesIn: 0,
      bytesOut: 0,
      totalMs: performance.now(),
      connectMs: undefined,
      error: undefined,
      reason: undefined,
    };
  }

  async #pass(
    client: PassthroughClient,
    route: PassthroughRoute,
    record: Written,
    { until }: Grant,
  ): Promise<void> {
    const { socket } = client;
    try {
      const app = await connectOne(route, record);
      if (socket.destroyed) {
        app.destroy();
        this.#report({ ...record, error: 'client_closed' });
        return;
      }
      if (route.proxyProtocol !== undefined)
        app.write(proxyHeader(route.proxyProtocol, addressesOf(client), client.sni));
      const passing: Passing = {
        client,
        until,
        cut: joinSockets(socket, app, {
          idleMs: route.idleMs,
          onDone: (broken) => {
            this.#passing.delete(passing);
            const { bytesRead: bytesIn, bytesWritten: bytesOut } = socket;
            this.#report({ ...record, bytesIn, bytesOut, error: broken });
          },
        }),
      };
      this.#passing.add(passing);
      this.#timer ??= setInterval(() => this.#tick(), TICK_MS).unref();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#refuse(socket, INTERNAL_ERROR, { ...record, error: 'upstream_unreachable', reason });
    }
  }

  #refuse(socket: Socket, alert: Buffer, record: PassthroughRecord): void {
    socket.end(alert, () => socket.destroySoon());
    this.#report(record);
  }

  #report(record: PassthroughRecord): void {
    this.#parts.observer.passthrough({ ...record, totalMs: performance.now() - record.totalMs });
  }

  #decide(route: PassthroughRoute, { remoteAddress }: PassthroughClient): Grant | Denial {
    const { policyVersion } = this.#parts.served();
    return decide(passthroughQuestion(route, remoteAddress, { policyVersion, now: this.#parts.clock.now() }));
  }
}

/** What policy is asked, where nothing is known of the client but its address. */
export function passthroughQuestion(
  { rule }: PassthroughRoute,
  remoteAddress: string,
  when: Pick<Question, 'policyVersion' | 'now'>,
): Question {
  const connection = { remoteAddress, tlsVersion: '', demandsCertificate: false };
  return { connection, verdict: undefined, rule, method: '', path: '', ...when };
}

/** Nothing has been said yet, so that every target may be tried. Throws what the last of them was. */
async function connectOne({ targets, turns, connectMs }: PassthroughRoute, record: Written): Promise<Socket> {
  let tried = -1;
  for (;;) {
    const last = tried;
    tried = turns.next((index) => index === last);
    const target = targets[tried];
    if (target === undefined) throw new Error('the route has no target');
    record.endpoint = target.name;
    record.attempts++;
    const began = performance.now();
    try {
      const socket = await connectTcp(target, connectMs);
      record.connectMs = performance.now() - began;
      return socket;
    } catch (error) {
      if (record.attempts >= targets.length) throw error;
    }
  }
}
