// Handshakes of `acme-tls/1` (RFC 8737): an ACME server looks whether whoever has asked for a certificate answers for
// the name. They have nothing to do with the TLS groups: no client certificate is asked for, what it gives
// out can be resumed nowhere, and the connection carries nothing; it is closed once the handshake is done.
import { constants } from 'node:crypto';
import type { Socket } from 'node:net';
import { TLSSocket, createSecureContext } from 'node:tls';
import type { Hostname } from '../core/hostname.ts';
import type { KeyPair } from '../pki/issue-certificate.ts';
import type { ClientHello } from './client-hello.ts';

const PROTOCOL = 'acme-tls/1';

/** Undefined: the host is not being validated. */
export type ChallengeCertificates = (host: Hostname) => Promise<KeyPair | undefined>;

/** The protocol and no other is offered (RFC 8737 3). */
export function isAlpnChallenge({ alpn }: ClientHello): boolean {
  return alpn.length === 1 && alpn[0] === PROTOCOL;
}

/** Takes over a raw socket whose hello is still unread. Resolves when the handshake is done; rejects where it fails. */
export async function answerAlpnChallenge(
  raw: Socket,
  sni: Hostname | undefined,
  certificates: ChallengeCertificates,
): Promise<void> {
  const pair = sni === undefined ? undefined : await certificates(sni);
  if (pair === undefined) throw new Error('no challenge is under way for this name');
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const socket = new TLSSocket(raw, {
    isServer: true,
    secureContext: createSecureContext({
      cert: pair.certPem,
      key: pair.keyPem,
      minVersion: 'TLSv1.2',
      secureOptions: constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION,
    }),
    ALPNProtocols: [PROTOCOL],
  });
  socket.once('secure', () => {
    socket.end();
    resolve();
  });
  socket.on('error', reject);
  socket.once('close', () => reject(new Error('the connection was closed')));
  await promise;
}
