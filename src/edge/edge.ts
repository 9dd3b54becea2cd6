// The edge as one thing: listener, TLS group, connections. Knows who is connected; what they ask for is the service's.
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Clock } from '../core/clock.ts';
import { Deadlines } from '../core/deadlines.ts';
import type { Observer } from '../core/observer.ts';
import type { Service } from '../exchange/service.ts';
import type { BoundAddress, ListenAddress } from './address.ts';
import { ClientConnection } from './client-connection.ts';
import type { Handshake } from './handshake.ts';
import { H1Connection } from './h1-connection.ts';
import type { H1Settings } from './h1-parts.ts';
import { Judge } from './judge.ts';
import { LiveIndex } from './live-index.ts';
import { Listener, type ListenerLimits } from './listener.ts';
import { resetSocket } from './reset-socket.ts';
import { TlsGroup, type TlsGroupSettings } from './tls-group.ts';
import { UncertifiedSessions } from './uncertified-sessions.ts';

export interface EdgeSettings {
  readonly group: TlsGroupSettings;
  /** What becomes of a client whose certificate does not pass: an answer in HTTP, or a closed connection. */
  readonly refusal: 'answer' | 'close';
  readonly listener: ListenerLimits;
  readonly h1: H1Settings;
}

export interface EdgeParts {
  readonly service: Service;
  readonly observer: Observer;
  readonly clock: Clock;
  readonly reusePort: boolean;
}

export class Edge {
  readonly #parts: EdgeParts;
  readonly #deadlines: Deadlines;
  readonly #uncertified: UncertifiedSessions;
  readonly #group: TlsGroup;
  readonly #listener: Listener;
  readonly #judge: Judge | undefined;
  readonly #live = new Set<H1Connection>();
  readonly #index: LiveIndex;
  #settings: EdgeSettings;
  #isDraining = false;

  /** Throws when a certificate or key of the group is unusable. */
  constructor(settings: EdgeSettings, parts: EdgeParts) {
    this.#settings = settings;
    this.#parts = parts;
    this.#deadlines = new Deadlines();
    this.#index = new LiveIndex(parts.clock, parts.observer);
    this.#uncertified = new UncertifiedSessions(parts.clock);
    this.#group = new TlsGroup(settings.group, {
      onSecure: (socket, raw) => this.#onSecure(socket, raw),
      onFailed: (error, raw) => this.#listener.fail(raw, error),
    });
    this.#judge = settings.group.trust === undefined ? undefined : new Judge(settings.group.trust);
    this.#listener = new Listener({
      ...parts,
      limits: settings.listener,
      deadlines: this.#deadlines,
      uncertified: this.#uncertified,
      groupFor: () => this.#group,
    });
  }

  get connections(): number {
    return this.#listener.connections;
  }

  async listen(addresses: readonly ListenAddress[]): Promise<BoundAddress[]> {
    return await this.#listener.listen(addresses);
  }

  /**
   * Swaps settings; connections in use go on with the limits that they began with. Under a new trust
   * every one of them is judged again, at once, and ended where it does not pass. Throws,
   * with nothing changed, when a certificate is unusable or the group would begin or cease to ask for certificates.
   */
  apply(settings: EdgeSettings): void {
    if ((settings.group.trust === undefined) !== (this.#judge === undefined))
      throw new Error('whether clients are asked for a certificate cannot change while running: restart');
    this.#group.apply(settings.group);
    const { trust } = settings.group;
    const isNew = trust?.version !== this.#judge?.trust.version;
    if (this.#judge !== undefined && trust !== undefined) this.#judge.trust = trust;
    if (isNew) void this.#index.reexamine();
    this.#listener.limits = settings.listener;
    this.#settings = settings;
  }

  /** Stops accepting, lets what is in flight finish, cuts what is left after `deadlineMs`. Resolves when all is closed. */
  async drain(deadlineMs: number): Promise<void> {
    this.#isDraining = true;
    this.#listener.close();
    for (const connection of this.#live) connection.drain();
    const timer = setTimeout(() => {
      for (const connection of this.#live) connection.destroy();
      this.#listener.destroy();
    }, deadlineMs);
    await this.#listener.emptied;
    clearTimeout(timer);
  }

  #onSecure(socket: TLSSocket, raw: Socket): void {
    const handshake = this.#listener.finish(raw);
    if (handshake === undefined) {
      socket.destroy();
      return;
    }
    try {
      this.#serve(handshake, socket, raw);
    } catch (cause) {
      // Thrown out of a TLS callback it would end the process.
      socket.destroy();
      const time = this.#parts.clock.now();
      this.#parts.observer.warning({ time, code: 'internal', detail: 'a handshake was not served', cause });
    }
  }

  #serve(handshake: Handshake, socket: TLSSocket, raw: Socket): void {
    const connection = new ClientConnection(handshake, socket, this.#group.name, this.#judge);
    if (connection.verdict(this.#parts.clock.now())?.ok === false) {
      this.#reportRefused(connection);
      if (this.#settings.refusal === 'close') {
        socket.destroy();
        return;
      }
    }
    const h1 = new H1Connection(socket, {
      connection,
      service: this.#parts.service,
      settings: this.#settings.h1,
      deadlines: this.#deadlines,
      reset: () => resetSocket(raw),
      onClose: () => {
        this.#live.delete(h1);
        this.#index.remove(h1, connection);
      },
    });
    this.#live.add(h1);
    this.#index.add(h1, connection);
    if (this.#isDraining) h1.drain();
  }

  #reportRefused(connection: ClientConnection): void {
    const now = this.#parts.clock.now();
    const verdict = connection.verdict(now);
    if (verdict === undefined || verdict.ok) return;
    const { sni, isResumed } = connection;
    const timeoutMs = this.#settings.group.sessionTimeoutMs;
    this.#uncertified.add(connection.remoteAddress, { sni, isResumed, timeoutMs });
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
