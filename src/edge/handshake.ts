// One accepted socket until its handshake is over: what is known of it, and the one deadline over hello and handshake.
import type { Socket } from 'node:net';
import type { Deadline } from '../core/deadlines.ts';
import type { Hostname } from '../core/hostname.ts';
import type { ProxiedAddresses } from '../core/proxy-protocol.ts';
import { plainAddress } from '../core/plain-address.ts';

export class Handshake implements Deadline {
  readonly id: number;
  readonly raw: Socket;
  /** An IPv4 address inside of IPv6 is written as IPv4; '' for a unix socket. */
  remoteAddress: string;
  remotePort: number;
  localAddress: string;
  localPort: number;
  readonly startedAt = performance.now();
  rosterIndex = -1;
  readonly dueAt: number;
  readonly #onTimeout: (handshake: Handshake) => void;
  /** Reading the ClientHello, then TLS itself. */
  phase: 'peek' | 'tls' = 'peek';
  /** Known once the ClientHello is read; undefined also where it names nobody. */
  sni: Hostname | undefined;

  constructor(id: number, raw: Socket, dueAt: number, onTimeout: (handshake: Handshake) => void) {
    this.id = id;
    this.raw = raw;
    this.remoteAddress = plainAddress(raw.remoteAddress);
    this.remotePort = raw.remotePort ?? 0;
    this.localAddress = plainAddress(raw.localAddress);
    this.localPort = raw.localPort ?? 0;
    this.dueAt = dueAt;
    this.#onTimeout = onTimeout;
  }

  /** It was made for somebody else, who reached a balancer at that address. */
  relay(addresses: ProxiedAddresses): void {
    this.remoteAddress = addresses.sourceAddress;
    this.remotePort = addresses.sourcePort;
    this.localAddress = addresses.destinationAddress;
    this.localPort = addresses.destinationPort;
  }

  onDue(): void {
    this.#onTimeout(this);
  }
}
