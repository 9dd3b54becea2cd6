import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, type Socket, createServer } from 'node:net';
import { type ConnectionOptions, connect } from 'node:tls';
import t, { type Test } from 'tap';
import { CredentialStore } from '../../../src/certs/credential-store.ts';
import { systemClock } from '../../../src/core/clock.ts';
import { TlsGroup, type TlsGroupSettings } from '../../../src/edge/tls-group.ts';
import { TicketKeys } from '../../../src/edge/ticket-keys.ts';
import { type Credential, parseCredential } from '../../../src/pki/credential.ts';
import type { Issued } from '../../../src/pki/issue-certificate.ts';
import { makeTestPki } from '../../support/certificates.ts';
import { trustIn } from '../../support/trust.ts';
import { until } from '../../support/until.ts';

const pki = await makeTestPki();

function credentialOf({ certPem, keyPem }: Issued): Credential {
  const { credential } = parseCredential({ certPem, keyPem, now: Date.now() });
  if (credential === undefined) throw new Error('no credential');
  return credential;
}

const edge = credentialOf(pki.edge);
const trust = trustIn([pki.clientCa]);
const settingsOf = (...[first = edge, ...others]: Credential[]): TlsGroupSettings => ({
  name: 'default',
  serves: 'default',
  clientCertificate: 'require',
  refusal: 'answer',
  minVersion: 'TLSv1.2',
  protocols: ['http/1.1'],
  credentials: new CredentialStore(first, ...others),
  trust,
  sessionTimeoutMs: 300_000,
});

/** A group behind a port, and what it said. */
async function start(t: Test, ...credentials: Credential[]) {
  const secured: string[] = [];
  const failures: string[] = [];
  const group = new TlsGroup(settingsOf(...credentials), new TicketKeys(randomBytes(32), systemClock), {
    onSecure: (socket) => {
      secured.push(socket.getProtocol() ?? '');
      socket.end();
    },
    onFailed: (error, raw) => {
      failures.push(error.message);
      raw?.destroy();
    },
  });
  const server = createServer((raw: Socket) => {
    raw.on('error', () => {});
    group.accept(raw, true);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo;
  const shown = async (servername: string, more: ConnectionOptions = {}) => {
    const socket = connect({ host: '127.0.0.1', port, ca: pki.serverCa.certPem, servername, ...more });
    t.teardown(() => socket.destroy());
    await once(socket, 'secureConnect');
    return socket.getPeerX509Certificate()?.serialNumber.toLowerCase();
  };
  return { group, shown, secured, failures };
}

t.test('a certificate that cannot be used fails its own handshakes, not the process', async (t) => {
  const other = credentialOf(await pki.issueServer({ names: { dns: ['broken.test'] } }));
  const broken: Credential = { ...other, keyPem: 'not a key' };
  const { shown, secured, failures } = await start(t, edge, broken);
  await t.rejects(shown('broken.test'));
  t.equal(failures.length, 1);
  t.ok(await shown('localhost'));
  t.ok(await until(() => secured.length === 1));
});

t.test('settings that cannot be used change nothing', async (t) => {
  const { group, shown } = await start(t, edge);
  t.throws(() => group.prepare(settingsOf({ ...edge, keyPem: 'not a key' })));
  t.throws(() => group.prepare(settingsOf({ ...edge, keyPem: pki.client.keyPem })), 'nor a key of another');
  t.equal(await shown('localhost'), edge.leaf.serial);
});

t.test('the certificates of new settings are shown from then on, for every name', async (t) => {
  const { group, shown } = await start(t, edge);
  const next = credentialOf(await pki.issueServer());
  const named = credentialOf(await pki.issueServer({ names: { dns: ['named.test'] } }));
  t.equal(await shown('localhost'), edge.leaf.serial);
  group.prepare(settingsOf(next, named))();
  t.equal(await shown('localhost'), next.leaf.serial);
  t.equal(await shown('named.test'), named.leaf.serial);
  group.prepare(settingsOf(edge))();
  t.equal(await shown('localhost'), edge.leaf.serial);
});
