// A port that speaks HTTP without TLS, as port 80 does: for redirects, and for challenges of ACME servers, which ask there.
// It has the engine, the deadlines and the caps of the front door, and nothing that is behind it.
import { createServer, type Server, type Socket } from 'node:net';
import { Deadlines } from '../core/deadlines.ts';
import { plainAddress } from '../core/plain-address.ts';
import type { Connection } from '../exchange/connection.ts';
import type { Service } from '../exchange/service.ts';
import { type BoundAddress, type ListenAddress, listenOn } from './address.ts';
import { H1Connection } from './h1-connection.ts';
import type { HttpSettings } from './http-parts.ts';
import type { HeldSocket } from './held-socket.ts';
import type { ListenerLimits } from './listener.ts';
import { takeProxyHeader } from './peek.ts';
import { resetSocket } from '../core/reset-socket.ts';

export interface PlainListenerParts {
  readonly service: Service;
  readonly http: HttpSettings;
  readonly limits: Pick<
    ListenerLimits,
    'maxConnections' | 'maxConnectionsPerAddress' | 'isProxied' | 'handshakeMs'
  >;
  readonly reusePort: boolean;
}

const SOCKET_OPTIONS = { noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 };

export class PlainListener {
  /** A reload may change them; connections that are already in keep theirs. */
  #parts: PlainListenerParts;
  readonly #server: Server;
  readonly #deadlines = new Deadlines();
  readonly #live = new Map<H1Connection, string>();
  /** Of balancers, that have not said yet for whom they are. */
  readonly #unnamed = new Set<Socket>();
  #nextId = 1;

  constructor(parts: PlainListenerParts) {
    this.#parts = parts;
    this.#server = createServer(SOCKET_OPTIONS, (socket) => this.#accept(socket));
  }

  set parts(parts: PlainListenerParts) {
    this.#parts = parts;
  }

  async listen(address: ListenAddress | HeldSocket): Promise<BoundAddress> {
    return await listenOn(this.#server, address, this.#parts.reusePort);
  }

  /** Stops accepting; what is answered is answered whole, and the rest is cut: nobody waits long here. */
  close(): void {
    this.#server.close();
    for (const socket of this.#unnamed) socket.destroy();
    for (const connection of this.#live.keys()) connection.drain();
  }

  destroy(): void {
    for (const connection of this.#live.keys()) connection.destroy();
  }

  #accept(socket: Socket): void {
    socket.on('error', ignore);
    const { limits } = this.#parts;
    const address = plainAddress(socket.remoteAddress);
    if (this.#unnamed.size >= limits.maxConnections) {
      resetSocket(socket);
      return;
    }
    if (!limits.isProxied(address)) {
      this.#serve(socket, address, socket.remotePort ?? 0);
      return;
    }
    // From a balancer that we trust: whoever it says counts as the client.
    const late = setTimeout(() => socket.destroy(), limits.handshakeMs);
    const settle = (): void => {
      clearTimeout(late);
      this.#unnamed.delete(socket);
    };
    this.#unnamed.add(socket);
    socket.once('close', settle);
    takeProxyHeader(socket, (header) => {
      settle();
      if (typeof header === 'string') socket.destroy();
      else {
        const { sourceAddress = address, sourcePort = socket.remotePort ?? 0 } = header.addresses ?? {};
        this.#serve(socket, sourceAddress, sourcePort);
      }
    });
  }

  #serve(socket: Socket, address: string, port: number): void {
    const { service, http, limits } = this.#parts;
    if (
      this.#live.size >= limits.maxConnections ||
      this.#countOf(address) >= limits.maxConnectionsPerAddress
    ) {
      resetSocket(socket);
      return;
    }
    const connection = new H1Connection(socket, {
      connection: connectionOf(this.#nextId++, socket, { address, port }),
      service,
      settings: http,
      deadlines: this.#deadlines,
      reset: () => resetSocket(socket),
      onClose: () => this.#live.delete(connection),
    });
    this.#live.set(connection, address);
  }

  #countOf(address: string): number {
    if (address === '') return 0;
    let count = 0;
    for (const one of this.#live.values()) if (one === address) count++;
    return count;
  }
}

const ignore = (): void => {};

function connectionOf(
  id: number,
  socket: Socket,
  remote: { readonly address: string; readonly port: number },
): Connection {
  return {
    id,
    remoteAddress: remote.address,
    remotePort: remote.port,
    localAddress: plainAddress(socket.localAddress),
    localPort: socket.localPort ?? 0,
    sni: undefined,
    alpn: '',
    group: '',
    demandsCertificate: false,
    tlsVersion: '',
    cipher: '',
    isResumed: false,
    handshakeMs: 0,
    verdict: () => undefined,
  };
}
