// What a reload does to certificates and CAs: all of it or nothing, and never to who is connected already.
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import t, { type Test } from 'tap';
import { createProxy } from '../../../src/app/proxy.ts';
import type { Proxy } from '../../../src/app/proxy-contract.ts';
import type { ConfigInput } from '../../../src/config/schema.ts';
import { type Reload, silentObserver } from '../../../src/core/observer.ts';
import { makeTestPki, makeTestRoot } from '../../support/certificates.ts';
import { call, clientOptions, openClient } from '../../support/client.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { baseConfig, startProxy } from '../../support/proxy.ts';
import { until } from '../../support/until.ts';

const routes = [{ from: 'https://app.sallyport.localhost', response: { status: 200, body: 'here' } }];
const pki = await makeTestPki();
const NAMES = { names: { dns: ['*.sallyport.localhost'] } };
const base: ConfigInput = { ...baseConfig(pki), routes };
const trust = (...cas: string[]): ConfigInput => ({ ...base, downstream_mtls: { ca: cas.join('') } });
const pair = ({ certPem, keyPem }: { certPem: string; keyPem: string }) => ({
  certificate: certPem,
  certificate_key: keyPem,
});
const request = 'GET / HTTP/1.1\r\nhost: app.sallyport.localhost\r\n\r\n';

/** Serial of the certificate that a new handshake is shown. */
async function shown(t: Test, port: number): Promise<string> {
  const socket = await openClient(t, clientOptions(pki, port));
  const serial = socket.getPeerX509Certificate()?.serialNumber.toLowerCase() ?? '';
  socket.destroy();
  return serial;
}

const serialOf = ({ certPem }: { certPem: string }): string =>
  new X509Certificate(certPem).serialNumber.toLowerCase();

t.test('a new certificate is for new handshakes; who is connected goes on', async (t) => {
  const { proxy, port } = await startProxy(t, { routes });
  const socket = await openClient(t, clientOptions(pki, port));
  const ask = async (): Promise<string> => {
    socket.write(request);
    const [answer] = (await once(socket, 'data')) as [Buffer];
    return answer.toString('latin1', 0, 12);
  };
  t.equal(await ask(), 'HTTP/1.1 200');
  t.equal(await shown(t, port), serialOf(pki.edge));
  const next = await pki.issueServer(NAMES);
  const config = { ...base, certificate: next.certPem, certificate_key: next.keyPem };
  t.match(await proxy.reload('call', config), { result: 'applied', issues: [] });
  t.equal(await shown(t, port), serialOf(next));
  t.equal(await ask(), 'HTTP/1.1 200', 'the connection from before is alive');
  t.match(await proxy.reload('call', config), { result: 'unchanged' });
});

t.test('a certificate or CA that cannot be used is refused, and the old one stays', async (t) => {
  const { proxy, port } = await startProxy(t, { routes });
  const other = await pki.issueServer(NAMES);
  const weak = await pki.issueServer({ ...NAMES, keyAlgorithm: 'rsa-1024' });
  const sha1 = await pki.issueServer({ ...NAMES, signatureHash: 'SHA-1' });
  const bad: Record<string, Partial<ConfigInput>> = {
    'a key of another certificate': { certificate: other.certPem },
    'a certificate that is none': { certificate: 'nonsense' },
    'a key that is none': { certificate_key: 'nonsense' },
    'a key too weak for any handshake': pair(weak),
    'a signature too weak for any handshake': pair(sha1),
    'a CA bundle without CAs': { downstream_mtls: { ca: '# nothing' } },
    'a CA bundle with a leaf': { downstream_mtls: { ca: pki.client.certPem } },
    'no CA any more': { downstream_mtls: {} },
  };
  for (const [what, change] of Object.entries(bad)) {
    const { result, issues } = await proxy.reload('call', { ...base, ...change });
    t.equal(result, 'refused', what);
    t.ok(issues.length > 0, `${what}: ${JSON.stringify(issues)}`);
    t.equal(await shown(t, port), serialOf(pki.edge));
    t.equal((await call(clientOptions(pki, port))).status, 200);
  }
});

t.test('certificates beyond the first are judged, too, before they are shown', async (t) => {
  const { proxy, port } = await startProxy(t, { routes });
  const folder = temporaryFolder(t);
  const weak = await pki.issueServer({ names: { dns: ['weak.test'] }, keyAlgorithm: 'rsa-1024' });
  const [cert, key] = [path.join(folder, 'weak.crt'), path.join(folder, 'weak.key')];
  writeFileSync(cert, weak.certPem);
  writeFileSync(key, weak.keyPem);
  t.match(await proxy.reload('call', { ...base, certificates: [{ cert, key }] }), { result: 'refused' });
  t.equal(await shown(t, port), serialOf(pki.edge));
});

t.test('a CA that is added lets its people in, one that is removed does not', async (t) => {
  const { proxy, port } = await startProxy(t, { routes });
  const other = await makeTestRoot('Another client CA');
  const bob = await pki.issueClient({ commonName: 'Bob' }, other);
  const statuses = async (): Promise<number[]> => {
    const alices = await call(clientOptions(pki, port));
    const bobs = await call(clientOptions(pki, port, { cert: bob.certPem, key: bob.keyPem }));
    return [alices.status, bobs.status];
  };
  t.strictSame(await statuses(), [200, 403]);
  await proxy.reload('call', trust(pki.clientCa.certPem, other.certPem));
  t.strictSame(await statuses(), [200, 200]);
  await proxy.reload('call', trust(other.certPem));
  t.strictSame(await statuses(), [403, 200]);
  await proxy.reload('call', trust(pki.clientCa.certPem));
  t.strictSame(await statuses(), [200, 403]);
});

t.test('how a bad certificate is refused can be changed', async (t) => {
  const { proxy, port } = await startProxy(t, { routes });
  const stranger = clientOptions(pki, port, { cert: undefined, key: undefined });
  t.equal((await call(stranger)).status, 403);
  const downstream_mtls = { ca: pki.clientCa.certPem, enforcement: 'reject_connection' as const };
  t.match(await proxy.reload('call', { ...base, downstream_mtls }), { result: 'applied' });
  await t.rejects(call(stranger), { code: /ECONNRESET|EPIPE/ });
  t.equal((await call(clientOptions(pki, port))).status, 200);
});

t.test('a reload after the end is refused', async (t) => {
  const { proxy } = await startProxy(t, { routes });
  await proxy.close();
  t.match(await proxy.reload(), { result: 'refused', issues: [/closing/] });
});

/** A proxy whose certificate is in a folder that Kubernetes would mount, and its reloads. */
async function mounted(t: Test) {
  const folder = temporaryFolder(t);
  let version = 0;
  const publish = ({ certPem, keyPem }: { certPem: string; keyPem: string }): void => {
    const name = `..v${++version}`;
    mkdirSync(path.join(folder, name));
    writeFileSync(path.join(folder, name, 'tls.crt'), certPem);
    writeFileSync(path.join(folder, name, 'tls.key'), keyPem);
    symlinkSync(name, path.join(folder, '..data_tmp'));
    renameSync(path.join(folder, '..data_tmp'), path.join(folder, '..data'));
  };
  publish(pki.edge);
  for (const name of ['tls.crt', 'tls.key']) symlinkSync(path.join('..data', name), path.join(folder, name));
  const reloads: Reload[] = [];
  const { certificate: _, certificate_key: __, ...config } = base;
  const proxy: Proxy = createProxy(
    {
      ...config,
      certificate_file: path.join(folder, 'tls.crt'),
      certificate_key_file: path.join(folder, 'tls.key'),
    },
    { watchIntervalMs: 5, observer: { ...silentObserver, reload: (record) => reloads.push(record) } },
  );
  t.teardown(() => proxy.close());
  const [address] = await proxy.start();
  if (address === undefined || 'path' in address) throw new Error('no port');
  return { port: address.port, reloads, publish };
}

t.test('a mounted secret that is renewed is noticed', async (t) => {
  const { port, reloads, publish } = await mounted(t);
  t.equal(await shown(t, port), serialOf(pki.edge));
  const next = await pki.issueServer(NAMES);
  publish(next);
  await until(() => reloads.length > 0);
  t.match(reloads, [{ result: 'applied', trigger: 'file', issues: [] }]);
  t.equal(await shown(t, port), serialOf(next));
});

t.test('half of a new pair is refused, and the whole of it taken when it is there', async (t) => {
  const { port, reloads, publish } = await mounted(t);
  const next = await pki.issueServer(NAMES);
  publish({ certPem: next.certPem, keyPem: pki.edge.keyPem });
  await until(() => reloads.length > 0);
  t.match(reloads, [{ result: 'refused', issues: [/key/] }]);
  t.equal(await shown(t, port), serialOf(pki.edge));
  publish(next);
  await until(() => reloads.length > 1);
  t.match(reloads[1], { result: 'applied' });
  t.equal(await shown(t, port), serialOf(next));
});
