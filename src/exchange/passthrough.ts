// Connections whose TLS does not end here: told apart by the server name in the ClientHello, which is still unread.
import type { Socket } from 'node:net';
import type { Hostname } from '../core/hostname.ts';

export interface PassthroughClient {
  /** As that of a Connection. */
  readonly id: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
  readonly sni: Hostname;
  /** Everything that the client sends, from its first byte of TLS. */
  readonly socket: Socket;
}

export interface PassthroughService {
  /** Whether connections that ask for this host are passed through. */
  isFor(sni: Hostname): boolean;
  /** Takes one over, whatever becomes of it. */
  take(client: PassthroughClient): void;
}
