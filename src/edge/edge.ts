// The edge as one thing: listener, TLS group, connections. Knows who is connected; what they ask for is the service's.
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Clock } from '../core/clock.ts';
import { Deadlines } from '../core/deadlines.ts';
import type { Hostname } from '../core/hostname.ts';
import type { HandshakeRecord, Observer } from '../core/observer.ts';
import type { Verdict } from '../pki/identity.ts';
import type { PassthroughService } from '../exchange/passthrough.ts';
import type { Service } from '../exchange/service.ts';
import type { BoundAddress, ListenAddress } from './address.ts';
import type { ChallengeCertificates } from './alpn-challenge.ts';
import { ClientConnection } from './client-connection.ts';
import { FailedHandshakes } from './failed-handshakes.ts';
import { H1Connection } from './h1-connection.ts';
import { H2Connection } from './h2-connection.ts';
import type { HttpSettings } from './http-parts.ts';
import type { HeldSocket } from './held-socket.ts';
import { type ClientView, LiveIndex } from './live-index.ts';
import { Listener, type ListenerLimits, type ListenerParts } from './listener.ts';
import { resetSocket } from '../core/reset-socket.ts';
import type { SharedLimits } from '../core/shared-limits.ts';
import type { SharedSessions } from './shared-sessions.ts';
import { TicketKeys } from './ticket-keys.ts';
import type { AlpnProtocol, StapleFor } from './tls-group.ts';
import { type GroupMember, TlsGroups, type TlsGroupsSettings } from './tls-groups.ts';
import { UncertifiedSessions } from './uncertified-sessions.ts';

export interface EdgeSettings {
  readonly tls: TlsGroupsSettings;
  readonly listener: ListenerLimits;
  readonly http: HttpSettings;
}

/** A handshake that is done. */
interface Secured {
  readonly member: GroupMember;
  readonly socket: TLSSocket;
  readonly raw: Socket;
}

export interface EdgeParts {
  readonly service: Service;
  readonly passthrough: PassthroughService;
  readonly challenges?: ChallengeCertificates | undefined;
  readonly staple?: StapleFor | undefined;
  /** What a handshake had better wait for; undefined: nothing. Never rejects. */
  readonly prepare?: ((host: Hostname) => Promise<void> | undefined) | undefined;
  readonly observer: Observer;
  readonly clock: Clock;
  readonly reusePort: boolean;
  readonly sessions: SharedSessions;
  readonly memory?: ListenerParts['memory'];
  /** Undefined: failures are counted here alone. */
  readonly limits?: SharedLimits | undefined;
}

/** How late the period of ticket keys may be noticed to be over. */
const TICKET_KEYS_TICK_MS = 60_000;

export class Edge {
  readonly #parts: EdgeParts;
  readonly #deadlines: Deadlines;
  readonly #uncertified: UncertifiedSessions;
  readonly #groups: TlsGroups;
  readonly #listener: Listener;
  readonly #live = new Map<H1Connection | H2Connection, GroupMember>();
  readonly #index: LiveIndex;
  readonly #failures: FailedHandshakes;
  readonly #rotation: NodeJS.Timeout;
  #settings: EdgeSettings;
  #isDraining = false;

  /** Throws when a certificate or key of a group is unusable. */
  constructor(settings: EdgeSettings, parts: EdgeParts) {
    this.#settings = settings;
    this.#parts = parts;
    this.#deadlines = new Deadlines();
    this.#index = new LiveIndex(parts.clock, parts.observer);
    this.#uncertified = new UncertifiedSessions(parts.clock);
    this.#failures = new FailedHandshakes(parts.limits);
    this.#failures.perMinute = settings.listener.maxFailedHandshakes;
    parts.sessions.onLearnt((refused) => this.#uncertified.add(refused.address, refused));
    const ticketKeys = new TicketKeys(parts.sessions.secret, parts.clock);
    this.#groups = new TlsGroups(settings.tls, ticketKeys, {
      onSecure: (member, socket, raw) => this.#onSecure(member, socket, raw),
      onFailed: (error, raw) => this.#listener.fail(raw, error),
      staple: parts.staple,
    });
    let { period } = ticketKeys;
    this.#rotation = setInterval(() => {
      if (period === ticketKeys.period) return;
      period = ticketKeys.period;
      this.#groups.rotateTicketKeys();
    }, TICKET_KEYS_TICK_MS).unref();
    this.#listener = new Listener({
      ...parts,
      limits: settings.listener,
      deadlines: this.#deadlines,
      uncertified: this.#uncertified,
      failures: this.#failures,
      groupFor: (sni) => this.#groups.forHello(sni),
    });
  }

  get connections(): number {
    return this.#listener.connections;
  }

  clients(): ClientView[] {
    return this.#index.clients();
  }

  async listen(addresses: readonly (ListenAddress | HeldSocket)[]): Promise<BoundAddress[]> {
    return await this.#listener.listen(addresses);
  }

  /**
   * Swaps settings; connections in use go on with the limits that they began with. Under a new trust
   * every one of them is judged again, at once, and ended where it does not pass; those of a group that is no more are
   * let go. Throws, with nothing changed, when a certificate is unusable.
   */
  apply(settings: EdgeSettings): void {
    const isTrustNew = this.#groups.apply(settings.tls);
    if (isTrustNew) void this.#index.reexamine();
    for (const [connection, member] of this.#live) if (!this.#groups.has(member)) connection.drain();
    this.#listener.limits = settings.listener;
    this.#failures.perMinute = settings.listener.maxFailedHandshakes;
    this.#settings = settings;
  }

  /** Stops accepting, lets what is in flight finish, cuts what is left after `deadlineMs`. Resolves when all is closed. */
  async drain(deadlineMs: number): Promise<void> {
    this.#isDraining = true;
    clearInterval(this.#rotation);
    this.#listener.close();
    for (const connection of this.#live.keys()) connection.drain();
    const timer = setTimeout(() => {
      for (const connection of this.#live.keys()) connection.destroy();
      this.#listener.destroy();
    }, deadlineMs);
    await this.#listener.emptied;
    clearTimeout(timer);
  }

  #onSecure(member: GroupMember, socket: TLSSocket, raw: Socket): void {
    const handshake = this.#listener.finish(raw);
    if (handshake === undefined) {
      socket.destroy();
      return;
    }
    this.#guard(socket, () => {
      const connection = new ClientConnection(handshake, socket, member);
      const pending = connection.pending(this.#parts.clock.now());
      const serve = (): void => {
        if (this.#groups.has(member) && !socket.destroyed) this.#serve(connection, { member, socket, raw });
        else socket.destroy();
      };
      if (pending === undefined) serve();
      else void pending.then(() => this.#guard(socket, serve));
    });
  }

  /** What is thrown out of a TLS callback would end the process. */
  #guard(socket: TLSSocket, act: () => void): void {
    try {
      act();
    } catch (cause) {
      socket.destroy();
      const time = this.#parts.clock.now();
      this.#parts.observer.warning({ time, code: 'internal', detail: 'a handshake was not served', cause });
    }
  }

  #serve(connection: ClientConnection, { member, socket, raw }: Secured): void {
    const { settings } = member.group;
    const verdict = connection.verdict(this.#parts.clock.now());
    const { tlsVersion, isResumed } = connection;
    this.#parts.observer.handshake({ tlsVersion, isResumed, certificate: shownIn(verdict) });
    if (verdict?.ok === false && (connection.demandsCertificate || verdict.reason !== 'none_sent')) {
      this.#reportRefused(connection, settings.sessionTimeoutMs);
      if (connection.demandsCertificate && settings.refusal === 'close') {
        socket.destroy();
        return;
      }
    }
    const Connection = speaksH2(connection.alpn, settings.protocols) ? H2Connection : H1Connection;
    const http = new Connection(socket, {
      connection,
      service: this.#parts.service,
      settings: this.#settings.http,
      deadlines: this.#deadlines,
      reset: () => resetSocket(raw),
      onClose: () => {
        this.#live.delete(http);
        this.#index.remove(http, connection);
      },
      onFlood: () => this.#reportFlood(connection),
    });
    this.#live.set(http, member);
    this.#index.add(http, connection);
    if (this.#isDraining) http.drain();
  }

  #reportFlood({ remoteAddress }: ClientConnection): void {
    const detail = `${remoteAddress} reset too many streams, or sent too many pings or settings: disconnected`;
    this.#parts.observer.warning({ time: this.#parts.clock.now(), code: 'http2_flood', detail });
  }

  #reportRefused(connection: ClientConnection, timeoutMs: number): void {
    const now = this.#parts.clock.now();
    const verdict = connection.verdict(now);
    if (verdict === undefined || verdict.ok) return;
    const { sni, isResumed } = connection;
    // A browser that has none yet is no burglar.
    if (verdict.reason !== 'none_sent') this.#failures.note(connection.remoteAddress);
    const refused = { address: connection.remoteAddress, sni, isResumed, timeoutMs };
    this.#uncertified.add(refused.address, refused);
    this.#parts.sessions.announce(refused);
    this.#parts.observer.handshakeFailure({
      time: now,
      remoteAddress: connection.remoteAddress,
      remotePort: connection.remotePort,
      sni,
      phase: 'certificate',
      reason: verdict.reason,
      detail: isResumed ? 'on a resumed session' : undefined,
      serial: verdict.shown?.serial,
      issuer: verdict.shown?.issuer,
      subject: verdict.shown?.subject,
    });
  }
}

function shownIn(verdict: Verdict | undefined): HandshakeRecord['certificate'] {
  if (verdict === undefined) return 'none';
  return verdict.ok ? 'verified' : verdict.reason === 'none_sent' ? 'none' : 'refused';
}

/** Whoever names no protocol speaks HTTP/1.1, unless that is not spoken here. */
function speaksH2(alpn: string, protocols: readonly AlpnProtocol[]): boolean {
  return alpn === 'h2' || (alpn === '' && !protocols.includes('http/1.1'));
}
