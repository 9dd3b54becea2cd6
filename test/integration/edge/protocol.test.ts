// What of TLS is spoken: versions, suites, and none of its historic extras.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { type ConnectionOptions, connect } from 'node:tls';
import t, { type Test } from 'tap';
import { makeTestPki } from '../../support/certificates.ts';
import { call, clientOptions, openClient } from '../../support/client.ts';
import { skipWithoutOpenssl } from '../../support/openssl.ts';
import { startProxy } from '../../support/proxy.ts';
import type { ConfigInput } from '../../../src/config/schema.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { until } from '../../support/until.ts';

const routes = [{ from: 'https://app.sallyport.localhost', response: { status: 200, body: 'here' } }];
const pki = await makeTestPki();

/** The failure of a handshake, and that everything is well after it. */
async function fault(
  t: Test,
  options: ConnectionOptions,
  code: string,
  reported: RegExp,
  more: Partial<ConfigInput> = {},
): Promise<void> {
  const { port, heard } = await startProxy(t, { routes, ...more });
  await t.rejects(openClient(t, clientOptions(pki, port, options)), { code });
  await until(() => heard.handshakeFailures.length > 0);
  // Words, not OpenSSL's whole line, which has an address of memory and a path of its sources.
  t.match(heard.handshakeFailures, [{ phase: 'tls', reason: reported, detail: /^[a-zA-Z0-9 ]+$/ }]);
  t.equal(heard.handshakeFailures.length, 1);
  if (more.codec_type !== 'http2') t.equal((await call(clientOptions(pki, port))).status, 200);
}

for (const version of ['TLSv1', 'TLSv1.1'] as const)
  t.test(`${version} is refused with protocol_version`, async (t) => {
    const old = { minVersion: version, maxVersion: version, ciphers: 'ALL@SECLEVEL=0' };
    await fault(t, old, 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION', /unsupported_protocol/);
  });

const SUITES = {
  'CBC only': 'ECDHE-ECDSA-AES128-SHA256:ECDHE-ECDSA-AES256-SHA384',
  'CBC and SHA-1 only': 'ECDHE-ECDSA-AES128-SHA:ECDHE-ECDSA-AES256-SHA',
  'without forward secrecy': 'AES128-GCM-SHA256:AES256-GCM-SHA384',
  'finite-field Diffie-Hellman only': 'DHE-RSA-AES128-GCM-SHA256',
  'CCM only': 'ECDHE-ECDSA-AES128-CCM',
  anonymous: 'AECDH-AES128-SHA',
};
for (const [what, ciphers] of Object.entries(SUITES))
  t.test(`TLS 1.2 suites ${what} are refused with handshake_failure`, async (t) => {
    const options = { maxVersion: 'TLSv1.2' as const, ciphers: `${ciphers}@SECLEVEL=0`.replace('@', ':@') };
    await fault(t, options, 'ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE', /no_shared_cipher/);
  });

t.test(
  'only application protocols that are none of ours is refused, and codec_type says which are',
  async (t) => {
    const code = 'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL';
    const reported = /^err_ssl_no_application_protocol$/;
    for (const ALPNProtocols of [['spdy/3'], ['http/1.0'], ['x'.repeat(255)]])
      await fault(t, { ALPNProtocols }, code, reported);
    await fault(t, { ALPNProtocols: ['h2'] }, code, reported, { codec_type: 'http1' });
    await fault(t, { ALPNProtocols: ['http/1.1'] }, code, reported, { codec_type: 'http2' });
    for (const [codecType, chosen] of [
      ['auto', 'h2'],
      ['http1', 'http/1.1'],
      ['http2', 'h2'],
    ] as const) {
      const { port } = await startProxy(t, { routes, codec_type: codecType });
      const socket = await openClient(t, clientOptions(pki, port, { ALPNProtocols: ['http/1.1', 'h2'] }));
      t.equal(socket.alpnProtocol, chosen, codecType);
    }
  },
);

t.test('the server chooses the suite', async (t) => {
  const { port } = await startProxy(t, { routes });
  const chosen = async (options: ConnectionOptions): Promise<string> => {
    const socket = await openClient(t, clientOptions(pki, port, options));
    return socket.getCipher().standardName;
  };
  const suites = [
    'ECDHE-ECDSA-CHACHA20-POLY1305',
    'ECDHE-ECDSA-AES256-GCM-SHA384',
    'ECDHE-ECDSA-AES128-GCM-SHA256',
  ];
  for (const ciphers of [suites, suites.toReversed()])
    t.equal(
      await chosen({ maxVersion: 'TLSv1.2', ciphers: ciphers.join(':') }),
      'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256',
    );
  const modern = ['TLS_CHACHA20_POLY1305_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_AES_128_GCM_SHA256'];
  for (const ciphers of [modern, modern.toReversed()])
    t.equal(await chosen({ ciphers: ciphers.join(':') }), 'TLS_AES_128_GCM_SHA256');
});

t.test('keys are exchanged by elliptic curves, hybrid where the client can', async (t) => {
  const { port } = await startProxy(t, { routes });
  for (const ecdhCurve of ['X25519MLKEM768', 'X25519', 'P-256', 'P-384'])
    await openClient(t, clientOptions(pki, port, { ecdhCurve }));
  await fault(
    t,
    { ecdhCurve: 'P-521' },
    'ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE',
    /^err_ssl_no_suitable_key_share$/,
  );
});

t.test('a client that renegotiates gets no new handshake', { skip: skipWithoutOpenssl }, async (t) => {
  const { port } = await startProxy(t, { routes });
  const folder = temporaryFolder(t);
  const [cert, key] = [path.join(folder, 'client.crt'), path.join(folder, 'client.key')];
  writeFileSync(cert, pki.client.certPem);
  writeFileSync(key, pki.client.keyPem);
  const to = ['-connect', `127.0.0.1:${port}`, '-servername', 'app.sallyport.localhost'];
  const child = spawn('openssl', ['s_client', '-tls1_2', '-no_ign_eof', ...to, '-cert', cert, '-key', key]);
  t.teardown(() => child.kill());
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
  await until(() => said.includes('Verify return code'));
  t.match(said, /Compression: NONE/);
  t.match(said, /Secure Renegotiation IS supported/);
  child.stdin.write('R\n');
  await once(child, 'close');
  t.match(said, /RENEGOTIATING/);
  t.match(said, /no renegotiation/);
});

t.test('a throw inside of a TLS callback is not the end of the process', async (t) => {
  // Node gives SNICallback whatever the hello says (Node CVE-2026-21637); ours never sees what is no host name.
  const { port, heard } = await startProxy(t, { routes });
  const names = ['a..b', 'a b', '-', '%00', 'x'.repeat(250), '[::1]', '__proto__', 'constructor'];
  for (const servername of names) {
    const socket = connect({ ...clientOptions(pki, port), servername, checkServerIdentity: () => undefined });
    socket.on('error', () => {});
    await Promise.race([
      once(socket, 'secureConnect').catch(() => {}),
      new Promise((r) => socket.once('close', r)),
    ]);
    socket.destroy();
  }
  t.ok(heard.handshakeFailures.some(({ reason }) => reason === 'malformed_hello'));
  t.equal((await call(clientOptions(pki, port))).status, 200);
});
