// The same table as the unit test, against OpenSSL itself: what it reports in a real handshake, and what comes of both.
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import tls from 'node:tls';
import t, { type Test } from 'tap';
import { sentChain } from '../../../src/pki/sent-chain.ts';
import { verify } from '../../../src/pki/verify.ts';
import { makeTestPki } from '../../support/certificates.ts';
import { type ClientCase, makeClientCases, trustOf } from '../../support/client-cases.ts';

const { edge } = await makeTestPki();
const cases = await makeClientCases();

/** The server's end of one handshake. */
async function handshake(t: Test, it: ClientCase, version: tls.SecureVersion, ca: readonly string[]) {
  const server = tls.createServer({ requestCert: true, rejectUnauthorized: false });
  const options = { key: edge.keyPem, cert: edge.certPem, ca: [...ca], allowPartialTrustChain: true };
  server.addContext(
    'localhost',
    tls.createSecureContext({ ...options, minVersion: version, maxVersion: version }),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const shown = it.client && {
    key: it.client.keyPem,
    cert: [it.client, ...(it.chain ?? [])].map(({ certPem }) => certPem).join(''),
  };
  const client = tls.connect({
    port: (server.address() as AddressInfo).port,
    servername: 'localhost',
    rejectUnauthorized: false,
    // So that the client itself does not refuse to show a weak certificate.
    ciphers: 'DEFAULT@SECLEVEL=0',
    ...shown,
  });
  client.on('error', () => undefined);
  const [socket] = (await once(server, 'secureConnection')) as [tls.TLSSocket];
  t.teardown(() => {
    client.destroy();
    socket.destroy();
    server.close();
  });
  return socket;
}

for (const version of ['TLSv1.2', 'TLSv1.3'] as const)
  for (const it of cases)
    t.test(`${version}, ${it.name}: ${it.verdict}`, async (t) => {
      const now = Date.now();
      const trust = await trustOf(it);
      const socket = await handshake(t, it, version, trust.caPem);
      const openssl = socket.authorized ? 'ok' : String(socket.authorizationError);
      t.equal(openssl, it.openssl);
      const peer = socket.getPeerX509Certificate();
      const sent = peer && sentChain(peer);
      t.strictSame(
        sent ?? [],
        (it.chain ?? []).map(({ der }) => der),
        'the chain as it was sent',
      );
      const verdict = verify({ leaf: peer?.raw, sent, trust, now, openssl });
      t.equal(verdict.ok ? 'ok' : verdict.reason, it.verdict);
    });
