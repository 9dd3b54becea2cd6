// The record of one client's connection, made at the end of its handshake (src/exchange/connection.ts says what for).
import type { TLSSocket } from 'node:tls';
import type { Connection } from '../exchange/connection.ts';
import type { Verdict } from '../pki/identity.ts';
import type { Handshake } from './handshake.ts';
import type { Judge, Presented } from './judge.ts';
import type { GroupMember } from './tls-groups.ts';

export class ClientConnection implements Connection {
  readonly id: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
  readonly sni: string | undefined;
  readonly alpn: string;
  readonly group: string;
  readonly demandsCertificate: boolean;
  readonly tlsVersion: string;
  readonly cipher: string;
  readonly isResumed: boolean;
  readonly handshakeMs: number;
  /** Where the index of live connections keeps it; undefined: nowhere. */
  liveKey: string | undefined;
  readonly #judge: Judge | undefined;
  readonly #presented: Presented | undefined;
  #verdict: Verdict | undefined;

  constructor(handshake: Handshake, socket: TLSSocket, { group, judge }: GroupMember) {
    this.id = handshake.id;
    this.remoteAddress = handshake.remoteAddress;
    this.remotePort = handshake.remotePort;
    this.localAddress = handshake.localAddress;
    this.localPort = handshake.localPort;
    this.sni = handshake.sni;
    this.alpn = typeof socket.alpnProtocol === 'string' ? socket.alpnProtocol : '';
    this.group = group.settings.serves;
    this.demandsCertificate = group.settings.clientCertificate === 'require';
    this.tlsVersion = socket.getProtocol() ?? '';
    this.cipher = socket.getCipher().name;
    this.isResumed = socket.isSessionReused();
    this.handshakeMs = performance.now() - handshake.startedAt;
    this.#judge = judge;
    this.#presented = judge?.look(socket);
  }

  /** To be waited for before the first verdict; undefined: there is nothing to wait for. */
  pending(now: number): Promise<void> | undefined {
    return this.#presented && this.#judge?.pending(this.#presented, now);
  }

  verdict(now: number): Verdict | undefined {
    if (this.#presented === undefined || this.#judge === undefined) return undefined;
    const verdict = this.#verdict;
    if (verdict !== undefined && now < verdict.until && verdict.trustVersion === this.#judge.trust.version)
      return verdict;
    this.#verdict = this.#judge.judge(this.#presented, now);
    return this.#verdict;
  }
}
