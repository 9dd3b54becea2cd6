// The headers of the presets beside what the real nginx and HAProxy make of the same certificate.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import t, { type Test } from 'tap';
import type { Issued } from '../../../src/pki/issue-certificate.ts';
import { type Reflection, startApp } from '../../support/app.ts';
import { makeTestPki } from '../../support/certificates.ts';
import { call, clientOptions } from '../../support/client.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { startProxy } from '../../support/proxy.ts';
import { freePort, patientCall, runPeer } from '../../support/peer.ts';
import { requireTool } from '../../support/requires.ts';

const pki = await makeTestPki();
const clients: readonly Issued[] = [
  pki.client,
  await pki.issueClient({ commonName: 'Zoë, Müller + Söhne <x>', names: { dns: ['zoe.example.com'] } }),
];

function writeFiles(t: Test): Record<'folder' | 'pem' | 'key' | 'ca', string> {
  const folder = temporaryFolder(t);
  const [pem, key, ca] = ['edge.pem', 'edge.key', 'ca.pem'].map((name) => path.join(folder, name)) as [
    string,
    string,
    string,
  ];
  writeFileSync(pem, pki.edge.certPem + pki.edge.keyPem);
  writeFileSync(key, pki.edge.keyPem);
  writeFileSync(ca, pki.clientCa.certPem);
  return { folder, pem, key, ca };
}

/** What the peer says of a client: `name=value` lines. */
async function ask(port: number, who: Issued): Promise<Record<string, string>> {
  const options = clientOptions(pki, port, { cert: who.certPem, key: who.keyPem, servername: 'localhost' });
  const answer = await patientCall(options);
  return Object.fromEntries(
    answer.body
      .split('\n')
      .flatMap((line) =>
        line.includes('=') ? [[line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]] : [],
      ),
  );
}

async function ours(t: Test, preset: 'nginx' | 'haproxy') {
  const app = await startApp(t);
  const routes = [{ from: 'https://app.sallyport.localhost', to: app.url }];
  const { port } = await startProxy(t, { routes, identity_headers: { presets: [preset] } });
  return async (who: Issued): Promise<Reflection['headers']> => {
    const { body } = await call(clientOptions(pki, port, { cert: who.certPem, key: who.keyPem }));
    return (JSON.parse(body) as Reflection).headers;
  };
}

/** Node reads header values as latin1. */
const utf8 = (value = ''): string => Buffer.from(value, 'latin1').toString();

t.test('as nginx', async (t) => {
  if (!requireTool(t, 'nginx')) return;
  const { folder, pem, key, ca } = writeFiles(t);
  const port = await freePort();
  const variables = ['verify', 's_dn', 'i_dn', 'serial', 'fingerprint', 'escaped_cert'];
  const config = path.join(folder, 'nginx.conf');
  writeFileSync(
    config,
    `daemon off; master_process off; error_log /dev/null; pid ${folder}/pid;
events {}
http {
  access_log off; client_body_temp_path ${folder}; proxy_temp_path ${folder}; fastcgi_temp_path ${folder}; uwsgi_temp_path ${folder}; scgi_temp_path ${folder};
  server {
    listen 127.0.0.1:${port} ssl;
    ssl_certificate ${pem}; ssl_certificate_key ${key}; ssl_client_certificate ${ca}; ssl_verify_client on;
    return 200 "${variables.map((name) => `${name}=$ssl_client_${name}\n`).join('')}";
  }
}`,
  );
  runPeer(t, 'nginx', '-p', folder, '-c', config);
  const askOurs = await ours(t, 'nginx');
  for (const client of clients) {
    const [theirs, headers] = [await ask(port, client), await askOurs(client)];
    t.strictSame(
      {
        verify: headers['ssl-client-verify'],
        s_dn: headers['ssl-client-subject-dn'],
        i_dn: headers['ssl-client-issuer-dn'],
        serial: headers['ssl-client-serial'],
        fingerprint: headers['ssl-client-fingerprint'],
        escaped_cert: headers['ssl-client-cert'],
      },
      theirs,
    );
  }
});

t.test('as HAProxy', async (t) => {
  if (!requireTool(t, 'haproxy')) return;
  const { folder, pem, ca } = writeFiles(t);
  const port = await freePort();
  const fetches = {
    verify: 'ssl_c_verify',
    sha1: 'ssl_c_sha1,hex',
    dn: 'ssl_c_s_dn',
    cn: 'ssl_c_s_dn(cn)',
    issuer: 'ssl_c_i_dn',
    before: 'ssl_c_notbefore',
    after: 'ssl_c_notafter',
  };
  const config = path.join(folder, 'haproxy.cfg');
  const lines = Object.entries(fetches).map(([name, fetch]) => `${name}=%[${fetch}]\\n`);
  writeFileSync(
    config,
    `defaults
  mode http
  timeout client 5s
  timeout server 5s
  timeout connect 5s
frontend f
  bind 127.0.0.1:${port} ssl crt ${pem} ca-file ${ca} verify required
  http-request return status 200 content-type text/plain lf-string "${lines.join('')}"
`,
  );
  runPeer(t, 'haproxy', '-f', config);
  const askOurs = await ours(t, 'haproxy');
  for (const client of clients) {
    const [theirs, headers] = [await ask(port, client), await askOurs(client)];
    t.strictSame(
      {
        verify: headers['x-ssl-client-verify'],
        sha1: headers['x-ssl-client-sha1'],
        dn: utf8(headers['x-ssl-client-dn']),
        cn: utf8(headers['x-ssl-client-cn']),
        issuer: headers['x-ssl-client-issuer'],
        before: headers['x-ssl-client-notbefore'],
        after: headers['x-ssl-client-notafter'],
      },
      theirs,
    );
  }
});
