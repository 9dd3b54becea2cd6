// What is known about a client's connection, written down once at the handshake and passed to whoever asks.
// Nothing downstream reads `socket.servername` or `socket.remoteAddress`: on a resumed TLS 1.2 session Node has no server name.
import type { Verdict } from '../pki/identity.ts';

/** What a trusted proxy says of the one on whose behalf it asks. */
export interface Forwarded {
  /** The address of that proxy; '' for a unix socket. */
  readonly by: string;
  /** From the client to the proxy before that one; empty: nothing was said of it. */
  readonly trail: readonly string[];
  /** How the client came. */
  readonly proto: 'http' | 'https';
  /** Host and port that the client asked for, syntax judged; undefined: those of the request. */
  readonly host: string | undefined;
}

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
  /** Where a trusted proxy made the connection on behalf of its client, who `remoteAddress` is then. */
  readonly forwarded?: Forwarded | undefined;
  /**
   * The verdict on the certificate as of now: made at the handshake, made anew here when its time is over or the trust
   * has changed. Undefined where the group asks for none.
   */
  verdict(now: number): Verdict | undefined;
}
