// Ports that are open for as long as a certificate is asked for from the command line, where no proxy answers there.
import { ChallengeAnswers } from '../certs/acme/challenges.ts';
import type { Storage } from '../certs/storage/storage.ts';
import { parseListenAddress } from '../config/listen-address.ts';
import { systemClock } from '../core/clock.ts';
import { AlpnPort } from '../edge/alpn-port.ts';
import type { HttpSettings } from '../edge/http-parts.ts';
import { PlainListener } from '../edge/plain-listener.ts';
import { PlainService } from '../pipeline/plain-service.ts';

const LIMITS = {
  maxConnections: 100,
  maxConnectionsPerAddress: 100,
  handshakeMs: 10_000,
  isProxied: () => false,
};

const HTTP: HttpSettings = {
  revocationMs: 0,
  maxStreams: 1,
  request: {
    maxHeadBytes: 16_384,
    maxHeaders: 100,
    maxTargetBytes: 8192,
    maxBodyBytes: 0,
    underscores: 'reject',
  },
  timing: { headMs: 10_000, idleMs: 10_000, minBodyBytesPerSecond: 0, bodyGraceMs: 0 },
};

/** Returns how to close it. Throws the system's error, EADDRINUSE where a proxy has the port. */
export async function openStandalone(
  kind: 'http-01' | 'tls-alpn-01',
  address: string,
  storage: Storage,
): Promise<() => void> {
  const answers = new ChallengeAnswers(storage);
  const parsed = parseListenAddress(address);
  if (parsed === undefined) throw new Error(`'${address}' is not an address to listen on: write :80`);
  if (kind === 'tls-alpn-01') {
    const port = new AlpnPort(async (host) => await answers.forHost(host, Date.now()));
    await port.listen(parsed);
    return () => port.close();
  }
  const listener = new PlainListener({
    service: new PlainService({
      clock: systemClock,
      httpsPort: () => undefined,
      answerFor: async (token) => await answers.forToken(token),
    }),
    http: HTTP,
    limits: LIMITS,
    reusePort: false,
  });
  await listener.listen(parsed);
  return () => {
    listener.close();
    listener.destroy();
  };
}
