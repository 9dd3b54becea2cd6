import t from 'tap';
import { CredentialStore } from '../../../src/certs/credential-store.ts';
import { systemClock } from '../../../src/core/clock.ts';
import { HostMap } from '../../../src/core/host-map.ts';
import { type Warning, silentObserver } from '../../../src/core/observer.ts';
import { Edge } from '../../../src/edge/edge.ts';
import { SharedSessions } from '../../../src/edge/shared-sessions.ts';
import { parseCredential } from '../../../src/pki/credential.ts';
import { makeTestPki } from '../../support/certificates.ts';
import { clientOptions, openClient, readAll } from '../../support/client.ts';
import { trustIn } from '../../support/trust.ts';

const pki = await makeTestPki();

t.test('what is thrown at the end of a handshake ends the connection, not the process', async (t) => {
  const { credential } = parseCredential({ ...pki.edge, now: Date.now() });
  if (credential === undefined) throw new Error('no credential');
  const warnings: Warning[] = [];
  const edge = new Edge(
    {
      tls: {
        groups: [
          {
            name: 'default',
            serves: 'default',
            credentials: new CredentialStore(credential),
            clientCertificate: 'require',
            trust: trustIn([pki.clientCa]),
            refusal: 'answer',
            minVersion: 'TLSv1.2',
            protocols: ['http/1.1'],
            sessionTimeoutMs: 300_000,
          },
        ],
        hosts: new HostMap(),
        defaultGroup: 'default',
        namelessGroup: undefined,
      },
      listener: {
        handshakeMs: 5000,
        maxHandshakes: 9,
        maxConnections: 9,
        maxConnectionsPerAddress: 9,
        maxClientHelloBytes: 16_384,
        maxFailedHandshakes: 9,
        isProxied: () => false,
      },
      http: {
        request: {
          maxHeadBytes: 4096,
          maxHeaders: 9,
          maxTargetBytes: 999,
          maxBodyBytes: 9,
          underscores: 'reject',
        },
        revocationMs: 5000,
        maxStreams: 9,
        timing: { headMs: 5000, idleMs: 5000, minBodyBytesPerSecond: 0, bodyGraceMs: 0 },
      },
    },
    {
      service: { serve: () => t.fail('served'), refuse: () => t.fail('refused') },
      passthrough: { isFor: () => false, take: () => t.fail('taken') },
      observer: {
        ...silentObserver,
        handshakeFailure: () => {
          throw new Error('an observer that must not throw');
        },
        warning: (record) => warnings.push(record),
      },
      clock: systemClock,
      reusePort: false,
      sessions: new SharedSessions(),
    },
  );
  const [address] = await edge.listen([{ host: '127.0.0.1', port: 0 }]);
  t.teardown(() => edge.drain(0));
  if (address === undefined || 'path' in address) throw new Error('no port');
  const stranger = clientOptions(pki, address.port, { cert: undefined, key: undefined });
  t.equal(await readAll(await openClient(t, stranger)), '');
  t.match(warnings, [{ code: 'internal', cause: { message: /must not throw/ } }]);
});
