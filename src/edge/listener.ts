// The front door: accepts sockets, counts them against the caps, reads the ClientHello, hands the socket to a TLS group
// and, once the handshake is done, to whoever serves connections. Everything that is closed early is reported.
import { createServer, type Server, type Socket } from 'node:net';
import type { Clock } from '../core/clock.ts';
import type { Deadlines } from '../core/deadlines.ts';
import type { Hostname } from '../core/hostname.ts';
import type { MemoryBudget } from '../core/memory-budget.ts';
import type { Observer } from '../core/observer.ts';
import { plainAddress } from '../core/plain-address.ts';
import type { PassthroughService } from '../exchange/passthrough.ts';
import { type BoundAddress, type ListenAddress, listenOn } from './address.ts';
import { type ChallengeCertificates, answerAlpnChallenge, isAlpnChallenge } from './alpn-challenge.ts';
import { type CapLimits, ConnectionCaps, type ExceededCap } from './connection-caps.ts';
import type { FailedHandshakes } from './failed-handshakes.ts';
import { Handshake } from './handshake.ts';
import type { HeldSocket } from './held-socket.ts';
import { peekClientHello, takeProxyHeader } from './peek.ts';
import { resetSocket } from '../core/reset-socket.ts';
import type { TlsGroup } from './tls-group.ts';
import type { UncertifiedSessions } from './uncertified-sessions.ts';

export interface ListenerLimits extends CapLimits {
  /** From accept to the end of the handshake. */
  readonly handshakeMs: number;
  readonly maxClientHelloBytes: number;
  /** Of one address in a minute; 0 for no limit. */
  readonly maxFailedHandshakes: number;
  /** Whose connections begin with a header of the PROXY protocol, by address; '' is a unix socket. */
  readonly isProxied: (address: string) => boolean;
}

export interface ListenerParts {
  limits: ListenerLimits;
  readonly reusePort: boolean;
  readonly observer: Observer;
  readonly clock: Clock;
  readonly deadlines: Deadlines;
  readonly uncertified: UncertifiedSessions;
  readonly failures: FailedHandshakes;
  /** Undefined: there is always enough. */
  readonly memory?: Pick<MemoryBudget, 'state' | 'limitBytes'> | undefined;
  readonly passthrough: PassthroughService;
  /** Undefined: `acme-tls/1` is a protocol like any other. */
  readonly challenges?: ChallengeCertificates | undefined;
  /** As in `EdgeParts`. */
  readonly prepare?: ((host: Hostname) => Promise<void> | undefined) | undefined;
  /** The group whose policy the hello falls under; undefined: none, it is refused. */
  groupFor(sni: Hostname | undefined): TlsGroup | undefined;
}

/** Keep-alive of TCP, so that a peer which vanished without a word is noticed where nothing else has a deadline. */
const SOCKET_OPTIONS = { noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 };

const PLAIN_HTTP_TEXT = 'This port speaks TLS: use https.\r\n';
const PLAIN_HTTP_ANSWER =
  `HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain; charset=utf-8\r\n` +
  `content-length: ${PLAIN_HTTP_TEXT.length}\r\nconnection: close\r\n\r\n${PLAIN_HTTP_TEXT}`;

/** A fatal alert, 112 (RFC 6066 3), in a record of TLS 1.2 as every version reads it. */
const UNRECOGNIZED_NAME = Buffer.from([21, 3, 3, 0, 2, 2, 112]);

/** `reason` is OpenSSL's, in words; its `message` has memory addresses and source paths as well. */
export type TlsError = Error & { readonly code?: string; readonly reason?: string };

export class Listener {
  readonly #parts: ListenerParts;
  readonly #servers: Server[] = [];
  readonly #handshakes = new Map<Socket, Handshake>();
  readonly #caps: ConnectionCaps;
  /** Every socket that was accepted and is not closed, whoever serves it. */
  readonly #sockets = new Set<Socket>();
  readonly #emptied = Promise.withResolvers<void>();
  #isClosed = false;
  #nextId = 1;

  constructor(parts: ListenerParts) {
    this.#parts = parts;
    this.#caps = new ConnectionCaps(parts.failures, parts.memory);
  }

  /** Settings that a reload may change; connections that are already in keep theirs. */
  set limits(limits: ListenerLimits) {
    this.#parts.limits = limits;
  }

  get connections(): number {
    return this.#sockets.size;
  }

  async listen(addresses: readonly (ListenAddress | HeldSocket)[]): Promise<BoundAddress[]> {
    const bound: BoundAddress[] = [];
    for (const address of addresses) {
      const server = createServer(SOCKET_OPTIONS, (socket) => this.#accept(socket));
      this.#servers.push(server);
      bound.push(await listenOn(server, address, this.#parts.reusePort));
      server.on('error', (error) => this.#warn('listener', error));
    }
    return bound;
  }

  /** Resolves after `close`, when no connection is left. */
  get emptied(): Promise<void> {
    return this.#emptied.promise;
  }

  /**
   * Stops accepting. Handshakes under way may finish; who has said nothing yet is let go, and what waits in the
   * kernel's queue is refused.
   */
  close(): void {
    for (const server of this.#servers) server.close();
    for (const raw of this.#handshakes.keys()) if (raw.bytesRead === 0) raw.destroy();
    this.#isClosed = true;
    if (this.#sockets.size === 0) this.#emptied.resolve();
  }

  /** Cuts every connection, whatever it is doing. */
  destroy(): void {
    for (const raw of this.#sockets) {
      const handshake = this.finish(raw);
      raw.destroy();
      if (handshake !== undefined && raw.bytesRead > 0) this.#report(handshake, 'draining');
    }
  }

  /** The end of a handshake under way, or undefined for a socket that is not one of ours. */
  finish(raw: Socket): Handshake | undefined {
    const handshake = this.#handshakes.get(raw);
    if (handshake === undefined) return undefined;
    this.#handshakes.delete(raw);
    this.#parts.deadlines.remove(handshake);
    return handshake;
  }

  /** A handshake that a TLS group could not finish. */
  fail(raw: Socket | undefined, error: TlsError): void {
    const handshake = raw === undefined ? undefined : this.finish(raw);
    raw?.destroy();
    if (handshake !== undefined)
      this.#report(handshake, (error.code ?? 'tls_error').toLowerCase(), error.reason ?? error.message);
  }

  #accept(raw: Socket): void {
    const { deadlines, limits } = this.#parts;
    raw.on('error', ignore);
    const address = plainAddress(raw.remoteAddress);
    const isProxied = limits.isProxied(address);
    const now = { connections: this.#sockets.size, handshakes: this.#handshakes.size };
    const cap =
      this.#caps.ofAll(limits, now) ?? (isProxied ? undefined : this.#caps.ofAddress(limits, address));
    if (cap !== undefined) {
      this.#refuse(raw, address, cap);
      return;
    }
    this.#sockets.add(raw);
    raw.once('close', () => {
      this.#sockets.delete(raw);
      if (this.#isClosed && this.#sockets.size === 0) this.#emptied.resolve();
    });
    const due = deadlines.now() + limits.handshakeMs;
    const handshake = new Handshake(this.#nextId++, raw, due, (late) => {
      this.finish(late.raw);
      late.raw.destroy();
      this.#report(late, 'timeout');
    });
    this.#handshakes.set(raw, handshake);
    deadlines.add(handshake);
    raw.once('close', () => this.#onEarlyClose(raw));
    if (isProxied) this.#takeProxyHeader(handshake);
    else {
      this.#caps.count(raw, address);
      this.#peek(handshake);
    }
  }

  /** From a balancer that we trust: whoever it says counts as the client, for every limit and rule. */
  #takeProxyHeader(handshake: Handshake): void {
    const { raw } = handshake;
    takeProxyHeader(raw, (header) => {
      if (typeof header === 'string') {
        this.finish(raw);
        raw.destroy();
        this.#report(handshake, header);
        return;
      }
      if (header.addresses !== undefined) handshake.relay(header.addresses);
      const { remoteAddress } = handshake;
      const cap = this.#caps.ofAddress(this.#parts.limits, remoteAddress);
      if (cap === undefined) {
        this.#caps.count(raw, remoteAddress);
        this.#peek(handshake);
        return;
      }
      this.finish(raw);
      this.#refuse(raw, remoteAddress, cap);
    });
  }

  #refuse(raw: Socket, remoteAddress: string, cap: ExceededCap): void {
    resetSocket(raw);
    this.#parts.observer.connectionRefused({ ...cap, time: this.#parts.clock.now(), remoteAddress });
  }

  #peek(handshake: Handshake): void {
    const { raw } = handshake;
    peekClientHello(raw, this.#parts.limits.maxClientHelloBytes, (result) => {
      if (typeof result === 'string') {
        this.finish(raw);
        if (result === 'plain_http') raw.end(PLAIN_HTTP_ANSWER, () => raw.destroySoon());
        else raw.destroy();
        this.#report(handshake, result);
        return;
      }
      handshake.phase = 'tls';
      handshake.sni = result.sni;
      const { passthrough } = this.#parts;
      if (result.sni !== undefined && passthrough.isFor(result.sni)) {
        this.finish(raw);
        passthrough.take({ ...addressesOf(handshake), id: handshake.id, sni: result.sni, socket: raw });
        return;
      }
      const { challenges } = this.#parts;
      if (challenges !== undefined && isAlpnChallenge(result)) {
        answerAlpnChallenge(raw, result.sni, challenges).then(
          () => this.finish(raw),
          (error: Error) => this.fail(raw, error),
        );
        return;
      }
      const group = this.#parts.groupFor(result.sni);
      if (group === undefined) {
        this.finish(raw);
        raw.end(UNRECOGNIZED_NAME, () => raw.destroySoon());
        this.#report(handshake, 'no_server_name');
        return;
      }
      const accept = (): void => {
        if (!raw.destroyed)
          group.accept(raw, !this.#parts.uncertified.take(handshake.remoteAddress, result.sni));
      };
      const ready = result.sni && this.#parts.prepare?.(result.sni);
      if (ready === undefined) accept();
      else void ready.then(accept);
    });
  }

  #onEarlyClose(raw: Socket): void {
    const handshake = this.finish(raw);
    // Nothing was said at all: a health check of a balancer, not worth a line.
    if (handshake !== undefined && raw.bytesRead > 0) this.#report(handshake, 'client_closed');
  }

  #report({ remoteAddress, remotePort, sni, phase }: Handshake, reason: string, detail?: string): void {
    if (reason !== 'draining') this.#parts.failures.note(remoteAddress);
    this.#parts.observer.handshakeFailure({
      time: this.#parts.clock.now(),
      remoteAddress,
      remotePort,
      sni,
      phase,
      reason,
      detail,
      serial: undefined,
      issuer: undefined,
      subject: undefined,
    });
  }

  #warn(code: string, cause: Error): void {
    this.#parts.observer.warning({ time: this.#parts.clock.now(), code, detail: cause.message, cause });
  }
}

function addressesOf({ remoteAddress, remotePort, localAddress, localPort }: Handshake) {
  return { remoteAddress, remotePort, localAddress, localPort };
}

const ignore = (): void => {};
