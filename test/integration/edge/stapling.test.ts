// OCSP answers about the certificate of the edge, from OpenSSL's responder, as `openssl s_client` sees them.
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import t from 'tap';
import { issueServer } from '../../../src/pki/issue.ts';
import { AuthorityInfoAccessExtension } from '../../../src/pki/x509-library.ts';
import { makeTestIntermediate, makeTestRoot } from '../../support/certificates.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { startOcspResponder } from '../../support/ocsp-responder.ts';
import { startProxy } from '../../support/proxy.ts';
import { requireTool } from '../../support/requires.ts';
import { until } from '../../support/until.ts';

const HOST = 'app.corp.example';

async function start(
  t: Parameters<typeof startOcspResponder>[0] & Parameters<typeof temporaryFolder>[0],
  more: object = {},
) {
  const root = await makeTestRoot('Stapled root', { pathLength: 1 });
  const issuer = await makeTestIntermediate(root, 'Stapled intermediate');
  const responder = await startOcspResponder(t, issuer);
  const leaf = await issueServer(issuer, {
    commonName: HOST,
    days: 90,
    names: { dns: [HOST] },
    extensions: (profile) => [...profile, new AuthorityInfoAccessExtension({ ocsp: responder.url })],
  });
  responder.known.set(leaf, 'good');
  const folder = temporaryFolder(t);
  writeFileSync(path.join(folder, 'root'), root.certPem);
  const startEdge = async () =>
    await startProxy(t, {
      certificate: leaf.certPem + issuer.certPem,
      certificate_key: leaf.keyPem,
      routes: [{ from: `https://${HOST}`, response: { status: 204 } }],
      ...more,
    });
  const ask = async (port: number, ...args: string[]): Promise<string> => {
    const usual = [
      's_client',
      '-connect',
      `127.0.0.1:${port}`,
      '-servername',
      HOST,
      '-CAfile',
      'root',
      '-status',
    ];
    const child = spawn('openssl', [...usual, ...args], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
    const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
    return out + err;
  };
  return { issuer, responder, startEdge, ask };
}

t.test('an answer is fetched, checked and stapled, in both versions of TLS', async (t) => {
  if (!requireTool(t, 'openssl')) return;
  const { responder, startEdge, ask } = await start(t);
  const { port } = await startEdge();
  let said = '';
  while (!said.includes('OCSP Response Status: successful')) said = await ask(port);
  t.match(said, /Cert Status: good/);
  t.match(said, /Verify return code: 0 \(ok\)/);
  t.match(await ask(port, '-tls1_2'), /Cert Status: good/);
  t.equal(responder.requests, 1, 'asked for once, not for every client');
});

t.test('what is no answer about the certificate is not passed on, and said in the log', async (t) => {
  if (!requireTool(t, 'openssl')) return;
  const { issuer, responder, startEdge, ask } = await start(t);
  responder.instead = (response) => response.end('nonsense');
  const { port, heard } = await startEdge();
  await until(() => heard.warnings.some(({ code }) => code === 'ocsp_staple_failed'));
  t.match(await ask(port), /OCSP response: no response sent/);
  responder.instead = undefined;
  responder.known.clear();
  responder.known.set(await issueServer(issuer, { commonName: 'other', days: 1, names: {} }), 'good');
  const other = await startEdge();
  const { detail } = await until(() =>
    other.heard.warnings.find(({ code }) => code === 'ocsp_staple_failed'),
  );
  t.match(detail, /app\.corp\.example.*the responder does not know the certificate/);
  t.match(await ask(other.port), /OCSP response: no response sent/);
});

t.test('nobody is asked where it is switched off', async (t) => {
  if (!requireTool(t, 'openssl')) return;
  const { responder, startEdge, ask } = await start(t, { ocsp_stapling: false });
  const { port } = await startEdge();
  t.match(await ask(port), /OCSP response: no response sent/);
  t.equal(responder.requests, 0);
});
