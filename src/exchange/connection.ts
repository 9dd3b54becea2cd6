// What is known about a client's connection, written down once at the handshake and passed to whoever asks.
// Nothing downstream reads `socket.servername` or `socket.remoteAddress`: on a resumed TLS 1.2 session Node has no server name.
import type { Verdict } from '../pki/identity.ts';

export interface Connection {
  /** Unique in this process. */
  readonly id: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
  /** Server name in normal form, from the ClientHello; undefined when none was sent. */
  readonly sni: string | undefined;
  readonly alpn: string;
  /** Name of the TLS-policy group whose hosts may be asked for on it. */
  readonly group: string;
  /** Whether that group demands a client certificate. */
  readonly demandsCertificate: boolean;
  /** `TLSv1.3` or `TLSv1.2`. */
  readonly tlsVersion: string;
  readonly cipher: string;
  readonly isResumed: boolean;
  /** From accept to the end of the handshake, milliseconds. */
  readonly handshakeMs: number;
  /**
   * The verdict on the certificate as of now: made at the handshake, made anew here when its time is over or the trust
   * has changed. Undefined where the group asks for none.
   */
  verdict(now: number): Verdict | undefined;
}
