// Makes connections to an app: TCP or unix socket, TLS with our certificate, and nothing is handed out before the
// app has proven to be who it must be. Fails with a SallyportError, never with a code that undici would try again on.
import type { X509Certificate } from 'node:crypto';
import net from 'node:net';
import tls from 'node:tls';
import { SallyportError, type ErrorCode } from '../core/errors.ts';
import { type PeerExpectation, peerProblem } from './peer-check.ts';
import { type Target, isTls, sniOf } from '../core/target.ts';

export interface ConnectorOptions {
  readonly target: Target;
  /** Of a host name. Default: the system's. */
  readonly lookup?: net.LookupFunction | undefined;
  /** What is offered in the handshake, the best first (ALPN); empty: the app is not asked. Default: HTTP/1.1 alone. */
  readonly protocols?: readonly string[];
  /** TCP and TLS together. */
  readonly connectTimeoutMs: number;
  /** Asked once, at the first TLS connection; may throw where the certificate or key is unusable. */
  readonly secureContext: () => tls.SecureContext;
  readonly expected: PeerExpectation;
}

export type Connected = (error: SallyportError | null, socket: net.Socket | null) => void;

/** Starts a connection; `connected` is called exactly once and later. */
export type Connect = (connected: Connected) => void;

/** A chain of resumed sessions ends after this, and the app shows its certificate anew. */
const MAX_SESSION_MS = 3_600_000;

/** How long a quiet connection lives before TCP asks whether the other end is still there. */
const KEEP_ALIVE_PROBE_MS = 60_000;

/** Everything that depends only on the target is made here, once. */
export function createConnector(options: ConnectorOptions): Connect {
  const { target, lookup } = options;
  const address: net.NetConnectOpts =
    target.socketPath === undefined
      ? {
          host: target.host ?? '',
          port: target.port,
          noDelay: true,
          keepAlive: true,
          keepAliveInitialDelay: KEEP_ALIVE_PROBE_MS,
          ...(lookup && { lookup }),
        }
      : { path: target.socketPath };
  if (!isTls(target)) return (connected) => connectPlain(address, options, connected);
  return createTlsConnector(address, options);
}

function connectPlain(address: net.NetConnectOpts, options: ConnectorOptions, connected: Connected): void {
  const socket = net.connect(address);
  const watch = new ConnectWatch(socket, options, connected);
  socket.once('connect', () => watch.succeed());
}

function createTlsConnector(address: net.NetConnectOpts, options: ConnectorOptions): Connect {
  const { target, expected } = options;
  // A resumed session skips the certificate's proof; where keys or names are pinned every handshake is a full one.
  const mayResume = expected.spkiPins.length === 0 && expected.sanPins.length === 0;
  /** With the time until which the full handshake it goes back to may stand for the next ones. */
  let session: { readonly ticket: Buffer; readonly untilMs: number } | undefined;
  const settings: tls.ConnectionOptions = {
    ...address,
    servername: sniOf(target) ?? '',
    ALPNProtocols: [...(options.protocols ?? ['http/1.1'])],
    minVersion: 'TLSv1.2',
    rejectUnauthorized: true,
    // The name is checked after the handshake instead, by our own rules and with the pins.
    checkServerIdentity: () => undefined,
  };
  return (connected) => {
    try {
      settings.secureContext ??= options.secureContext();
    } catch (error) {
      const context = `${target.name}: the certificate or key to connect with is unusable`;
      queueMicrotask(() => connected(new SallyportError('upstream_tls', context, error), null));
      return;
    }
    const offered = session !== undefined && Date.now() < session.untilMs ? session : undefined;
    const socket = tls.connect(offered === undefined ? settings : { ...settings, session: offered.ticket });
    const watch = new ConnectWatch(socket, options, (error, ready) => {
      if (error !== null) session = undefined;
      connected(error, ready);
    });
    socket.once('secureConnect', () => {
      // Node shows no certificate on a resumed session, but ours go back to a connection that passed this check.
      const resumed = socket.isSessionReused() ? offered : undefined;
      const certificate = resumed === undefined ? socket.getPeerX509Certificate() : undefined;
      const problem = resumed === undefined ? peerProblem(certificate, expected) : undefined;
      if (problem !== undefined || !socket.authorized) {
        const reason = problem ?? String(socket.authorizationError);
        watch.fail(new SallyportError('upstream_tls', `${target.name}: ${reason}`));
        return;
      }
      const untilMs = resumed?.untilMs ?? provenUntilMs(certificate);
      if (mayResume)
        socket.on('session', (ticket: Buffer) => {
          session = { ticket, untilMs };
        });
      watch.succeed();
    });
  };
}

/** Until when what the app has just shown may stand for later connections. */
function provenUntilMs(certificate: X509Certificate | undefined): number {
  return Math.min(Date.now() + MAX_SESSION_MS, certificate?.validToDate.getTime() ?? 0);
}

/** One connection in the making: whichever of success, failure and deadline comes first is reported, once. */
class ConnectWatch {
  readonly #socket: net.Socket;
  readonly #options: ConnectorOptions;
  readonly #connected: Connected;
  readonly #timer: NodeJS.Timeout;
  #isSettled = false;
  #hasTcp = false;

  constructor(socket: net.Socket, options: ConnectorOptions, connected: Connected) {
    this.#socket = socket;
    this.#options = options;
    this.#connected = connected;
    const { connectTimeoutMs, target } = options;
    this.#timer = setTimeout(() => {
      const context = `${target.name}: no connection after ${connectTimeoutMs} ms`;
      this.fail(new SallyportError('upstream_connect_timeout', context));
    }, connectTimeoutMs);
    socket.once('connect', () => {
      this.#hasTcp = true;
    });
    // Stays on for the socket's life: an error nobody listens to would end the process.
    socket.on('error', (error) => this.fail(this.#connectError(error)));
  }

  succeed(): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    clearTimeout(this.#timer);
    this.#connected(null, this.#socket);
  }

  fail(error: SallyportError): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    clearTimeout(this.#timer);
    this.#socket.destroy();
    this.#connected(error, null);
  }

  #connectError(error: NodeJS.ErrnoException): SallyportError {
    const { target } = this.#options;
    const isTlsFault = isTls(target) && this.#hasTcp;
    let code: ErrorCode = isTlsFault ? 'upstream_tls' : 'upstream_unreachable';
    if (!isTlsFault && error.code === 'ETIMEDOUT') code = 'upstream_connect_timeout';
    return new SallyportError(code, `${target.name}: ${error.message || error.code || error.name}`, error);
  }
}
