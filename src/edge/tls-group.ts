// One TLS policy and the `tls.Server`s that carry it out: who is asked for a certificate, which CAs count, which
// versions and suites. Sessions made here resume here only, because each server has ticket keys of its own: Node would
// otherwise resume a session of one virtual host on another (class of nginx CVE-2025-23419).
import { constants, createHash } from 'node:crypto';
import type { Socket } from 'node:net';
import {
  createSecureContext,
  createServer,
  type SecureContext,
  type SecureContextOptions,
  type Server,
  type TLSSocket,
} from 'node:tls';
import type { CredentialStore } from '../certs/credential-store.ts';
import { normalizeHostname } from '../core/hostname.ts';
import type { Credential } from '../pki/credential.ts';
import type { Trust } from '../pki/trust.ts';
import type { TicketKeys } from './ticket-keys.ts';

export type ClientCertificateMode = 'require' | 'request' | 'none';

export type AlpnProtocol = 'h2' | 'http/1.1';

export interface TlsGroupSettings {
  /** Unique; sessions never leave the group of this name. */
  readonly name: string;
  /**
   * Name of the group whose hosts may be asked for: its own, or another's where this one is for clients of that group
   * that name no host.
   */
  readonly serves: string;
  readonly credentials: CredentialStore;
  /** Whether a client must show a certificate, is asked for one, or is not asked. Fixed for the life of a group. */
  readonly clientCertificate: ClientCertificateMode;
  /** Whom to believe; undefined exactly where no certificate is asked for. */
  readonly trust: Trust | undefined;
  /** What becomes of a client that must show a certificate and shows none that passes: an answer in HTTP, or a close. */
  readonly refusal: 'answer' | 'close';
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3';
  /** What clients may choose from, the best first (ALPN, RFC 7301). Fixed for the life of a group. */
  readonly protocols: readonly AlpnProtocol[];
  /** How long a session may be resumed, at most 300 s: a session made without a certificate lives as long. */
  readonly sessionTimeoutMs: number;
}

/** The OCSP answer about a certificate that is shown (DER), for clients that ask; undefined: there is none. */
export type StapleFor = (certificate: Buffer) => Buffer | undefined;

export interface TlsGroupEvents {
  /** The handshake is done. `raw` is the socket given to `accept`. */
  onSecure(socket: TLSSocket, raw: Socket): void;
  /** The handshake failed; the socket is gone or going. */
  onFailed(error: Error, raw: Socket | undefined): void;
  readonly staple?: StapleFor | undefined;
}

/** AEAD with forward secrecy only, ECDSA and AES-GCM first; what SSL-Labs-style graders ask for an A+. */
const CIPHERS = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
  '@SECLEVEL=2',
].join(':');

const CURVES = 'X25519MLKEM768:X25519:P-256:P-384';

const SECURE_OPTIONS = constants.SSL_OP_NO_RENEGOTIATION | constants.SSL_OP_NO_COMPRESSION;

export class TlsGroup {
  readonly #events: TlsGroupEvents;
  readonly #ticketKeys: TicketKeys;
  #settings: TlsGroupSettings;
  #contexts = new Map<Credential, SecureContext>();
  readonly #server: Server;
  /** Resumes no session, its own included: a hello that must not resume one comes here. */
  readonly #fullHandshakeServer: Server;

  /** Throws what `createSecureContext` throws when a certificate or key is unusable. */
  constructor(settings: TlsGroupSettings, ticketKeys: TicketKeys, events: TlsGroupEvents) {
    this.#settings = settings;
    this.#ticketKeys = ticketKeys;
    this.#events = events;
    this.#server = this.#createServer();
    this.#fullHandshakeServer = this.#createServer();
    this.#useContexts(this.#makeContexts(settings));
    ticketKeys.enter(settings);
  }

  get settings(): TlsGroupSettings {
    return this.#settings;
  }

  /** Takes over a raw socket whose ClientHello is still unread. */
  accept(raw: Socket, mayResume: boolean): void {
    (mayResume ? this.#server : this.#fullHandshakeServer).emit('connection', raw);
  }

  /**
   * Makes ready to swap certificates and trust; handshakes see the new ones once what it returns is called. A change of
   * trust makes every session made before useless. Throws when a certificate or key is unusable; what it returns never
   * does.
   */
  prepare(settings: TlsGroupSettings): () => void {
    const contexts = this.#makeContexts(settings);
    return () => {
      this.#settings = settings;
      this.#ticketKeys.enter(settings);
      this.#useContexts(contexts);
    };
  }

  /** Where the time of the ticket keys is over: gives out and takes new ones from now on. */
  rotate(): void {
    this.#server.setTicketKeys(this.#ticketKeys.keysFor(this.#settings));
  }

  #makeContexts(settings: TlsGroupSettings): [SecureContext, SecureContext] {
    const { first } = settings.credentials;
    const ticketKeys = this.#ticketKeys.keysFor(settings);
    return [
      makeContext(first, settings, { ticketKeys }),
      // What it gives out can be resumed nowhere: it keeps no sessions, and without tickets there is nothing else.
      makeContext(first, settings, { secureOptions: SECURE_OPTIONS | constants.SSL_OP_NO_TICKET }),
    ];
  }

  #useContexts([usual, full]: [SecureContext, SecureContext]): void {
    this.#contexts = new Map();
    setDefaultContext(this.#server, usual);
    setDefaultContext(this.#fullHandshakeServer, full);
  }

  /** The certificate for a name: exact, then wildcard, then the first. Tickets and options are the server's own. */
  #contextFor(serverName: string): SecureContext {
    const credential = this.#settings.credentials.select(normalizeHostname(serverName));
    let context = this.#contexts.get(credential);
    if (context === undefined) {
      context = makeContext(credential, this.#settings);
      this.#contexts.set(credential, context);
    }
    return context;
  }

  #createServer(): Server {
    const server = createServer({
      requestCert: this.#settings.clientCertificate !== 'none',
      // Node completes the handshake in any case and would then only drop the connection; the verdict is ours to give.
      rejectUnauthorized: false,
      ALPNProtocols: [...this.#settings.protocols],
      SNICallback: (serverName, callback) => {
        // A throw in here would end the process (Node CVE-2026-21637).
        try {
          callback(null, this.#contextFor(serverName));
        } catch (error) {
          callback(error instanceof Error ? error : new Error(String(error)));
        }
      },
    });
    const { staple } = this.#events;
    if (staple !== undefined)
      server.on('OCSPRequest', (certificate, _issuer, callback) => {
        // A throw in here would end the process, too; a client can do without.
        try {
          callback(null, staple(certificate) ?? null);
        } catch {
          callback(null, null);
        }
      });
    server.on('secureConnection', (socket) => {
      const raw = rawSocketOf(socket);
      if (raw === undefined) socket.destroy();
      else this.#events.onSecure(socket, raw);
    });
    server.on('tlsClientError', (error, socket) => this.#events.onFailed(error, rawSocketOf(socket)));
    return server;
  }
}

function makeContext(
  credential: Credential,
  settings: TlsGroupSettings,
  own: Pick<SecureContextOptions, 'ticketKeys' | 'secureOptions'> = {},
): SecureContext {
  return createSecureContext({
    cert: credential.certPem,
    key: credential.keyPem,
    ...(settings.trust === undefined ? {} : { ca: [...settings.trust.caPem] }),
    // A CA of the bundle is an anchor even when it is an intermediate one, as in Pomerium.
    allowPartialTrustChain: true,
    minVersion: settings.minVersion,
    maxVersion: 'TLSv1.3',
    ciphers: CIPHERS,
    ecdhCurve: CURVES,
    honorCipherOrder: true,
    secureOptions: SECURE_OPTIONS,
    sessionIdContext: createHash('sha256').update(settings.name).digest('hex').slice(0, 32),
    sessionTimeout: Math.ceil(settings.sessionTimeoutMs / 1000),
    ...own,
  });
}

/**
 * `setSecureContext` would build the context itself and knows no `allowPartialTrustChain`. Should the field ever be
 * renamed, the servers have no certificate and every handshake fails: closed, and seen by the first test.
 */
function setDefaultContext(server: Server, context: SecureContext): void {
  (server as unknown as { _sharedCreds: SecureContext })._sharedCreds = context;
}

/** The socket that was given to `emit('connection')`; TLSSocket has no public name for it. */
function rawSocketOf(socket: TLSSocket): Socket | undefined {
  return (socket as unknown as { _parent?: Socket })._parent;
}
