// The edge's half of a verdict: takes from the TLS socket what the client presented and what OpenSSL found, and has
// `verify` decide. One judge a TLS group; a reload swaps its trust, and whatever was decided under the old one is
// decided anew when it is asked for next.
import { createHash } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import type { Verdict } from '../pki/identity.ts';
import type { OpensslResult } from '../pki/openssl-reason.ts';
import { sentChain } from '../pki/sent-chain.ts';
import type { Trust } from '../pki/trust.ts';
import { VerdictCache } from '../pki/verdict-cache.ts';

/** What a client showed in its handshake. Held as long as its connection. */
export interface Presented {
  /** DER; undefined when none was sent. */
  readonly leaf: Buffer | undefined;
  /** Undefined on a resumed session, which carries the leaf alone. */
  readonly sent: readonly Buffer[] | undefined;
  readonly openssl: OpensslResult;
}

export class Judge {
  readonly #cache = new VerdictCache();
  trust: Trust;

  constructor(trust: Trust) {
    this.trust = trust;
  }

  /** Reads the socket, once a connection: Node's getter copies and once leaked (CVE-2025-59464). */
  look(socket: TLSSocket): Presented {
    const peer = socket.getPeerX509Certificate();
    return {
      leaf: peer?.raw,
      sent: peer === undefined || socket.isSessionReused() ? undefined : sentChain(peer),
      openssl: socket.authorized ? 'ok' : codeOf(socket.authorizationError),
    };
  }

  /** Resolves when what is still being asked about the certificate is known; undefined: nothing is. */
  pending(presented: Presented, now: number): Promise<void> | undefined {
    const { ocsp } = this.trust;
    if (ocsp === undefined || presented.leaf === undefined) return undefined;
    this.judge(presented, now);
    const { leaf } = presented;
    // What was found without the answer is void.
    return ocsp
      .pending(createHash('sha256').update(leaf).digest('hex'))
      ?.then(() => this.#cache.forget(leaf));
  }

  judge(presented: Presented, now: number): Verdict {
    return this.#cache.judge({ ...presented, trust: this.trust, now });
  }
}

/** Node declares an Error and gives the code as a string. */
function codeOf(error: unknown): string {
  if (typeof error === 'string') return error;
  return (error as { code?: string } | undefined)?.code ?? 'UNSPECIFIED';
}
