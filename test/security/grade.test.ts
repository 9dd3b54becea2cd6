// What a grader such as SSL Labs or testssl.sh asks of an A+, each looked at in handshakes of the real `openssl s_client`.
import { spawn, spawnSync } from 'node:child_process';
import { text } from 'node:stream/consumers';
import t, { type Test } from 'tap';
import { issueServer } from '../../src/pki/issue.ts';
import { makeTestIntermediate, makeTestPki, makeTestRoot } from '../support/certificates.ts';
import { startAutocert, untilShown } from '../support/autocert.ts';
import { temporaryFolder, writeFiles } from '../support/folder.ts';
import { startPebble } from '../support/pebble.ts';
import { startProxy } from '../support/proxy.ts';
import { requireTool } from '../support/requires.ts';

const HOST = 'app.corp.example';
/** Forward secrecy and authenticated encryption, nothing else. */
const GOOD_SUITES = new Set([
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
]);

interface Heard {
  readonly said: string;
  readonly isConnected: boolean;
}

type Handshake = (args: readonly string[], input?: string) => Promise<Heard>;

interface Graded {
  readonly port: number;
  /** Of the CA that clients trust. */
  readonly rootPem: string;
}

type Source = (t: Test) => Promise<Graded>;

const routes = [{ from: `https://${HOST}`, response: { status: 200, body: 'hello' } }];

const fromFile: Source = async (t) => {
  const root = await makeTestRoot('Graded root', { pathLength: 1 });
  const intermediate = await makeTestIntermediate(root, 'Graded intermediate');
  const leaf = await issueServer(intermediate, { commonName: HOST, days: 90, names: { dns: [HOST] } });
  const { port } = await startProxy(t, {
    // In the wrong order: what is sent is in the right one.
    certificate: intermediate.certPem + leaf.certPem,
    certificate_key: leaf.keyPem,
    routes,
  });
  return { port, rootPem: root.certPem };
};

const fromAcmeServer: Source = async (t) => {
  const pebble = await startPebble(t);
  const { port } = await startAutocert(t, pebble, { names: [HOST], routes });
  await untilShown(port, HOST);
  return { port, rootPem: await pebble.root() };
};

async function handshakes(t: Test, { port, rootPem }: Graded): Promise<Handshake> {
  const { client } = await makeTestPki();
  const folder = temporaryFolder(t);
  writeFiles(folder, { root: rootPem, cert: client.certPem, key: client.keyPem });
  return async (args, input = '') => {
    const usual = ['-connect', `127.0.0.1:${port}`, '-servername', HOST, '-CAfile', 'root'];
    const own = ['-cert', 'cert', '-key', 'key'];
    const child = spawn('openssl', ['s_client', ...usual, ...own, ...args], { cwd: folder });
    child.stdin.on('error', () => {});
    child.stdin.end(input);
    const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
    const said = out + err;
    return {
      said,
      isConnected: /^New, TLSv1|^Reused, TLSv1/m.test(said) && !said.includes('Cipher is (NONE)'),
    };
  };
}

for (const [name, source, tools] of [
  ['a certificate from files', fromFile, ['openssl']],
  ['a certificate from an ACME server', fromAcmeServer, ['openssl', 'pebble']],
] as const)
  t.test(name, async (t) => {
    if (!tools.every((tool) => requireTool(t, tool))) return;
    await expectations(t, await handshakes(t, await source(t)));
  });

async function expectations(t: Test, handshake: Handshake): Promise<void> {
  await t.test('protocols: TLS 1.2 and 1.3, nothing older', async (t) => {
    for (const version of ['-tls1_2', '-tls1_3']) t.ok((await handshake([version])).isConnected, version);
    for (const version of ['-tls1', '-tls1_1'])
      t.notOk((await handshake([version, '-cipher', 'ALL@SECLEVEL=0'])).isConnected, version);
  });

  await t.test(
    'suites: every one that openssl knows is offered alone; the good ones are taken',
    async (t) => {
      const known = spawnSync('openssl', ['ciphers', '-tls1_2', 'ALL:COMPLEMENTOFALL@SECLEVEL=0'], {
        encoding: 'utf8',
      });
      const suites = known.stdout
        .trim()
        .split(':')
        .filter((name) => !name.startsWith('TLS_'));
      t.ok(suites.length > 50, `${suites.length} suites`);
      const taken: string[] = [];
      for (let at = 0; at < suites.length; at += 8)
        await Promise.all(
          suites.slice(at, at + 8).map(async (suite) => {
            const { isConnected } = await handshake(['-tls1_2', '-cipher', `${suite}:@SECLEVEL=0`]);
            if (isConnected) taken.push(suite);
          }),
        );
      t.strictSame(taken.toSorted(), [...GOOD_SUITES].toSorted());
    },
  );

  await t.test('keys: X25519 and the curves of NIST, no group below 256 bits', async (t) => {
    t.match(
      (await handshake(['-tls1_3', '-groups', 'X25519'])).said,
      /Server Temp Key: X25519|Peer Temp Key: X25519/,
    );
    for (const group of ['P-256', 'P-384']) t.ok((await handshake(['-groups', group])).isConnected, group);
    t.notOk((await handshake(['-tls1_2', '-groups', 'secp224r1', '-cipher', 'ALL@SECLEVEL=0'])).isConnected);
  });

  await t.test('chain: leaf first, whole, without the root, and it verifies', async (t) => {
    const { said } = await handshake(['-showcerts', '-verify_return_error']);
    t.match(said, /Verify return code: 0 \(ok\)/);
    const named = (letter: string) =>
      Array.from(said.matchAll(new RegExp(`^ *(?:\\d+ )? *${letter}:(.*)$`, 'gm')), ([, found]) => found);
    const [subjects, issuers] = [named('s'), named('i')];
    t.equal(subjects.length, 2);
    t.equal(subjects[1], issuers[0], 'the issuer comes after what it has issued');
    t.not(subjects[1], issuers[1], 'and is no root');
  });

  await t.test('no renegotiation by the client, no compression, no way down by fallback', async (t) => {
    const usual = await handshake(['-tls1_2']);
    t.match(usual.said, /Secure Renegotiation IS supported/);
    t.match(usual.said, /Compression: NONE/);
    t.match((await handshake(['-tls1_2'], 'R\n')).said, /no renegotiation/i);
    t.notOk((await handshake(['-tls1_2', '-fallback_scsv'])).isConnected, 'a client that speaks 1.3 must');
  });

  await t.test('sessions resume, in both versions', async (t) => {
    // In TLS 1.3 the ticket comes after the handshake: it is there once an answer is.
    const request = `GET / HTTP/1.1\r\nHost: ${HOST}\r\nConnection: close\r\n\r\n`;
    for (const version of ['-tls1_2', '-tls1_3']) {
      await handshake([version, '-sess_out', 'session', '-ign_eof'], request);
      t.match((await handshake([version, '-sess_in', 'session'])).said, /^Reused, TLSv1/m, version);
    }
  });

  await t.test('HSTS for half a year at least, over everything', async (t) => {
    const request = `GET / HTTP/1.1\r\nHost: ${HOST}\r\nConnection: close\r\n\r\n`;
    const { said } = await handshake(['-ign_eof'], request);
    const [, seconds] = /^strict-transport-security: max-age=(\d+)/im.exec(said) ?? [];
    t.ok(Number(seconds) >= 15_768_000, `${seconds} seconds`);
    t.match(said, /hello/);
  });
}
