// Connections that a balancer passes on, with a header that says for whom: believed from whom the configuration trusts,
// an error from everybody else.
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import path from 'node:path';
import { connect as connectTls } from 'node:tls';
import t, { type Test } from 'tap';
import type { ConfigInput } from '../../../src/config/schema.ts';
import { proxyHeader } from '../../../src/core/proxy-protocol.ts';
import { type Reflection, startApp } from '../../support/app.ts';
import { parseAnswers } from '../../support/answers.ts';
import { makeTestPki } from '../../support/certificates.ts';
import { clientOptions, closed, readAll } from '../../support/client.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { freePort, patientCall, runPeer } from '../../support/peer.ts';
import { startProxy } from '../../support/proxy.ts';
import { requireTool } from '../../support/requires.ts';
import { until } from '../../support/until.ts';

const HOST = 'app.sallyport.localhost';
const pki = await makeTestPki();
const ADDRESSES = {
  sourceAddress: '192.0.2.7',
  sourcePort: 4711,
  destinationAddress: '198.51.100.1',
  destinationPort: 443,
};
const TRUSTED = { use_proxy_protocol: true, proxy_protocol_trusted: ['127.0.0.0/8'] };

async function setUp(t: Test, more: Partial<ConfigInput> = TRUSTED) {
  const app = await startApp(t);
  const running = await startProxy(t, { routes: [{ from: `https://${HOST}`, to: app.url }], ...more });
  const open = async (): Promise<Socket> => {
    const socket = connect(running.port, '127.0.0.1');
    socket.on('error', () => {});
    t.teardown(() => socket.destroy());
    await once(socket, 'connect');
    return socket;
  };
  /** One request behind the header. */
  const ask = async (header: Buffer | string): Promise<Reflection['headers']> => {
    const socket = await open();
    socket.write(header);
    const { cert, key, ca, servername } = clientOptions(pki, running.port);
    const secure = connectTls({ socket, cert, key, ca, servername });
    secure.write(`GET / HTTP/1.1\r\nHost: ${HOST}\r\nConnection: close\r\n\r\n`);
    const [answer] = parseAnswers(await readAll(secure));
    return (JSON.parse(answer?.body ?? '') as Reflection).headers;
  };
  return { ...running, open, ask };
}

t.test('both versions: the client is who the balancer says', async (t) => {
  const { ask, heard } = await setUp(t);
  for (const version of ['v1', 'v2'] as const) {
    const headers = await ask(proxyHeader(version, ADDRESSES, HOST));
    t.equal(headers['x-forwarded-for'], '192.0.2.7');
    t.match(headers['forwarded'], /^for=192\.0\.2\.7;/);
    const { connection } = await until(() => heard.exchanges.pop());
    t.match(connection, { remoteAddress: '192.0.2.7', remotePort: 4711 });
  }
  t.equal((await ask('PROXY UNKNOWN\r\n'))['x-forwarded-for'], '127.0.0.1', 'who does not know says so');
  t.equal(
    (await ask(proxyHeader('v2', { ...ADDRESSES, sourceAddress: '' }, undefined)))['x-forwarded-for'],
    '127.0.0.1',
  );
});

t.test('policy goes by the address that was passed on', async (t) => {
  const app = await startApp(t);
  const from = `https://${HOST}`;
  const policy = { allow: { and: [{ source_ip: '192.0.2.0/24' }] } };
  const { port } = await startProxy(t, { routes: [{ from, to: app.url, policy }], ...TRUSTED });
  for (const [sourceAddress, status] of [
    ['192.0.2.1', 200],
    ['203.0.113.1', 403],
  ] as const) {
    const socket = connect(port, '127.0.0.1');
    socket.write(proxyHeader('v2', { ...ADDRESSES, sourceAddress }, undefined));
    const secure = connectTls({ socket, ...clientOptions(pki, port) });
    secure.write(`GET / HTTP/1.1\r\nHost: ${HOST}\r\nConnection: close\r\n\r\n`);
    t.match(parseAnswers(await readAll(secure)), [{ status }]);
  }
});

t.test('a header in pieces is a header', async (t) => {
  const { open, heard, port } = await setUp(t);
  const socket = await open();
  for (const byte of proxyHeader('v2', ADDRESSES, HOST)) {
    socket.write(Buffer.from([byte]));
    await new Promise(setImmediate);
  }
  const secure = connectTls({ socket, ...clientOptions(pki, port) });
  secure.write(`GET / HTTP/1.1\r\nHost: ${HOST}\r\nConnection: close\r\n\r\n`);
  t.match(parseAnswers(await readAll(secure)), [{ status: 200 }]);
  t.equal(heard.exchanges[0]?.connection.remoteAddress, '192.0.2.7');
});

t.test('without a header, with a wrong one, or with half of one nobody is served', async (t) => {
  const { open, heard } = await setUp(t, { ...TRUSTED, handshake_timeout: '300ms' });
  const wrong: [string, string][] = [
    ['GET / HTTP/1.1\r\n\r\n', 'proxy_header_missing'],
    ['\x16\x03\x01\x02\x00', 'proxy_header_missing'],
    ['PROXY TCP4 1.2.3.4\r\n', 'proxy_header_malformed'],
    ['PROXY TCP4 ', 'timeout'],
    [`PROXY UNKNOWN ${'x'.repeat(200)}`, 'proxy_header_malformed'],
  ];
  for (const [bytes, reason] of wrong) {
    const socket = await open();
    const gone = closed(socket);
    socket.resume();
    socket.write(bytes, 'latin1');
    await gone;
    t.match(await until(() => heard.handshakeFailures.pop()), { reason, phase: 'peek' }, bytes.slice(0, 20));
  }
});

t.test('from whom we do not trust it is an error, and says nothing', async (t) => {
  const { open, heard } = await setUp(t, { ...TRUSTED, proxy_protocol_trusted: ['192.0.2.1', 'unix'] });
  const socket = await open();
  socket.resume();
  const gone = closed(socket);
  socket.write(proxyHeader('v2', ADDRESSES, HOST));
  await gone;
  t.match(await until(() => heard.handshakeFailures[0]), { reason: 'not_tls', remoteAddress: '127.0.0.1' });
});

t.test('connections are counted against the client, not against the balancer', async (t) => {
  const { open, heard } = await setUp(t, { ...TRUSTED, max_connections_per_address: 1 });
  for (const last of [1, 2, 3]) {
    const socket = await open();
    socket.write(proxyHeader('v1', { ...ADDRESSES, sourceAddress: `192.0.2.${last}` }, undefined));
  }
  t.equal(heard.refused.length, 0);
  const second = await open();
  const gone = closed(second);
  second.resume();
  second.write(proxyHeader('v1', { ...ADDRESSES, sourceAddress: '192.0.2.3' }, undefined));
  await gone;
  t.match(heard.refused, [{ cap: 'connections_per_address', remoteAddress: '192.0.2.3' }]);
});

t.test('whom to believe has to be said', async (t) => {
  await t.rejects(setUp(t, { use_proxy_protocol: true }), { message: /needs proxy_protocol_trusted/ });
  await t.rejects(setUp(t, { ...TRUSTED, proxy_protocol_trusted: ['balancer'] }), {
    message: /neither an address nor a block/,
  });
});

t.test('HAProxy in front', async (t) => {
  if (!requireTool(t, 'haproxy')) return;
  const { port } = await setUp(t);
  const front = await freePort();
  const file = path.join(temporaryFolder(t), 'haproxy.cfg');
  for (const send of ['send-proxy', 'send-proxy-v2 proxy-v2-options crc32c,authority,unique-id']) {
    writeFileSync(
      file,
      `defaults
  mode tcp
  timeout connect 5s
  timeout client 5s
  timeout server 5s
frontend front
  bind 127.0.0.1:${front}
  unique-id-format %ID
  default_backend back
backend back
  source 127.0.0.9
  server one 127.0.0.1:${port} ${send}
`,
    );
    const stop = runPeer(t, 'haproxy', '-db', '-f', file);
    const { body } = await patientCall(clientOptions(pki, front));
    t.equal((JSON.parse(body) as Reflection).headers['x-forwarded-for'], '127.0.0.1', send);
    await stop();
  }
});
