// Everything that ends one day is replaced, one after the other, under load: no request fails, and nobody is cut off but who
// was meant to be.
import { createPrivateKey, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type TLSSocket, connect } from 'node:tls';
import t from 'tap';
import { createProxy } from '../../../src/app/proxy.ts';
import { type Reload, silentObserver } from '../../../src/core/observer.ts';
import { issueCrl } from '../../../src/pki/issue-crl.ts';
import { startApp } from '../../support/app.ts';
import { makeTestPki, makeTestRoot } from '../../support/certificates.ts';
import { call, clientOptions, openClient } from '../../support/client.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { baseConfig } from '../../support/proxy.ts';
import { steadyLoad } from '../../support/steady-load.ts';
import { until } from '../../support/until.ts';

const HOST = 'app.sallyport.localhost';
const REQUEST = `GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`;

const newSigningKey = (): string =>
  generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' });

const serialOf = (certPem: string): string => new X509Certificate(certPem).serialNumber;

/** One request on a connection that is open already. */
async function askOn(socket: TLSSocket): Promise<string> {
  socket.write(REQUEST);
  const [answer] = (await once(socket, 'data')) as [Buffer];
  return answer.toString('latin1');
}

t.test('every certificate, list and key is replaced while requests come', async (t) => {
  const pki = await makeTestPki();
  const folder = temporaryFolder(t);
  const put = (name: string, content: string): void => {
    writeFileSync(path.join(folder, '.new'), content);
    renameSync(path.join(folder, '.new'), path.join(folder, name));
  };
  const at = (name: string): string => path.join(folder, name);
  const mallory = await pki.issueClient({ commonName: 'Mallory' });
  put('edge.crt', pki.edge.certPem);
  put('edge.key', pki.edge.keyPem);
  put('client-ca.crt', pki.clientCa.certPem);
  put('client-ca.crl', (await issueCrl(pki.clientCa, { revoked: [] })).crlPem);
  put('upstream.crt', pki.upstreamClient.certPem);
  put('upstream.key', pki.upstreamClient.keyPem);
  put('server-ca.crt', pki.serverCa.certPem);
  put('signing.key', newSigningKey());
  const shownToApp: string[] = [];
  const app = await startApp(t, (request, response) => {
    shownToApp.push((request.socket as TLSSocket).getPeerCertificate().serialNumber);
    response.end('hello');
  });
  const { certificate: _, certificate_key: __, ...base } = baseConfig(pki);
  const reloads: Reload[] = [];
  const proxy = createProxy(
    {
      ...base,
      certificate_file: at('edge.crt'),
      certificate_key_file: at('edge.key'),
      downstream_mtls: { ca_file: at('client-ca.crt'), crl_file: at('client-ca.crl'), crl_scope: 'leaf' },
      upstream_mtls: { cert_file: at('upstream.crt'), key_file: at('upstream.key') },
      certificate_authority: undefined as never,
      certificate_authority_file: at('server-ca.crt'),
      signing_key_file: at('signing.key'),
      pass_identity_headers: true,
      routes: [{ from: `https://${HOST}`, to: app.url }],
    },
    { observer: { ...silentObserver, reload: (record) => reloads.push(record) }, watchIntervalMs: 10 },
  );
  t.teardown(() => void proxy.close());
  const [address] = await proxy.start();
  if (address === undefined || 'path' in address) throw new Error('no port');
  const options = clientOptions(pki, address.port);
  /** Until the change is in force; a half of a pair may be refused meanwhile. */
  const applied = async (): Promise<void> => {
    await until(() => reloads.some(({ result }) => result === 'applied'), 30_000);
    reloads.length = 0;
  };
  const standing = await Promise.all(Array.from({ length: 10 }, () => openClient(t, options)));
  for (const socket of standing) t.match(await askOn(socket), /hello/);
  const doomed = await openClient(t, { ...options, cert: mallory.certPem, key: mallory.keyPem });
  t.match(await askOn(doomed), /hello/);
  const load = steadyLoad(options, 100);
  await load.warm();

  const edge = await pki.issueServer({ names: { dns: [HOST] } });
  put('edge.key', edge.keyPem);
  put('edge.crt', edge.certPem);
  await applied();
  const fresh = connect(options);
  await once(fresh, 'secureConnect');
  t.equal(fresh.getPeerCertificate().serialNumber, serialOf(edge.certPem), 'the certificate of the edge');
  fresh.destroy();

  const otherCa = await makeTestRoot('Another client CA');
  const newcomer = await pki.issueClient({ commonName: 'Newcomer' }, otherCa);
  put(
    'client-ca.crl',
    (await issueCrl(pki.clientCa, { revoked: [] })).crlPem +
      (await issueCrl(otherCa, { revoked: [] })).crlPem,
  );
  await applied();
  put('client-ca.crt', pki.clientCa.certPem + otherCa.certPem);
  await applied();
  const asNewcomer = { ...options, cert: newcomer.certPem, key: newcomer.keyPem };
  t.equal((await call(asNewcomer)).status, 200, 'a CA of clients');

  const gone = once(doomed, 'close');
  const list = await issueCrl(pki.clientCa, {
    revoked: [{ serial: serialOf(mallory.certPem).toLowerCase() }],
    number: 2,
  });
  put('client-ca.crl', list.crlPem + (await issueCrl(otherCa, { revoked: [] })).crlPem);
  await applied();
  await gone;
  t.pass('a revocation list, and nobody but the one in it');

  const upstream = await pki.issueClient({ commonName: 'Sallyport' }, pki.upstreamCa);
  put('upstream.key', upstream.keyPem);
  put('upstream.crt', upstream.certPem);
  await applied();
  await until(() => shownToApp.includes(serialOf(upstream.certPem)));
  await until(() => shownToApp.slice(-20).every((serial) => serial === serialOf(upstream.certPem)));
  t.pass('what is shown to apps, on all connections soon');

  put('server-ca.crt', pki.serverCa.certPem + (await makeTestRoot('Another server CA')).certPem);
  await applied();
  t.equal((await call(options)).status, 200, 'the CAs of apps');

  const keys = async (): Promise<unknown[]> => {
    const { body } = await call(options, { path: '/.well-known/pomerium/jwks.json' });
    return (JSON.parse(body) as { keys: unknown[] }).keys;
  };
  const before = await keys();
  const next = newSigningKey();
  t.equal(createPrivateKey(next).asymmetricKeyType, 'ec');
  put('signing.key', next);
  await applied();
  t.not(JSON.stringify((await keys())[0]), JSON.stringify(before[0]), 'the key of assertions');

  // On a slow machine as many, only later.
  await until(() => load.sent > 50, 30_000);
  const { statuses, errors, sent } = await load.end();
  t.strictSame(errors, []);
  t.strictSame(statuses, { 200: sent });
  for (const socket of standing) t.match(await askOn(socket), /hello/, 'connections stay');
});
