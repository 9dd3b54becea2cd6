// Which certificate a client is shown, and that the name in the hello opens no other door than the one in the request.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import t, { type Test } from 'tap';
import { startApp } from '../../support/app.ts';
import { makeTestPki } from '../../support/certificates.ts';
import { call, clientOptions, openClient } from '../../support/client.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { startProxy } from '../../support/proxy.ts';

const pki = await makeTestPki();

/** A proxy with certificates for these names, in this order, besides the first one that every test has. */
async function start(t: Test, ...names: readonly (readonly string[])[]) {
  const folder = temporaryFolder(t);
  const app = await startApp(t);
  const certificates: { cert: string; key: string }[] = [];
  for (const [index, dns] of names.entries()) {
    const { certPem, keyPem } = await pki.issueServer({
      commonName: `number ${index}`,
      names: { dns: [...dns] },
    });
    const files = { cert: path.join(folder, `${index}.crt`), key: path.join(folder, `${index}.key`) };
    writeFileSync(files.cert, certPem);
    writeFileSync(files.key, keyPem);
    certificates.push(files);
  }
  const routes = ['app.sallyport.localhost', 'other.sallyport.localhost', 'a.corp.test'].map((host) => ({
    from: `https://${host}`,
    to: app.url,
  }));
  const proxy = await startProxy(t, { routes, certificates });
  const shown = async (servername: string | undefined): Promise<string> => {
    const options = clientOptions(pki, proxy.port, { checkServerIdentity: () => undefined });
    if (servername === undefined) delete options.servername;
    else options.servername = servername;
    const socket = await openClient(t, options);
    const name = /CN=(.*)/.exec(socket.getPeerX509Certificate()?.subject ?? '')?.[1] ?? '';
    socket.destroy();
    return name;
  };
  return { ...proxy, app, shown };
}

t.test('an exact name, then a wildcard of one label, then the first', async (t) => {
  const { shown } = await start(t, ['*.corp.test'], ['a.corp.test'], ['*.corp.test'], ['*.deep.corp.test']);
  const expected: readonly [string | undefined, string][] = [
    ['a.corp.test', 'number 1'],
    ['A.Corp.TEST', 'number 1'],
    ['b.corp.test', 'number 0'],
    ['a.deep.corp.test', 'number 3'],
    ['a.b.corp.test', 'localhost'],
    ['corp.test', 'localhost'],
    ['unheard-of.test', 'localhost'],
    [undefined, 'localhost'],
  ];
  for (const [name, certificate] of expected) t.equal(await shown(name), certificate, name ?? 'no name');
});

t.test('an unknown name gets the first certificate, and then nothing', async (t) => {
  const { port, app } = await start(t);
  const lenient = { checkServerIdentity: () => undefined };
  const answer = await call(clientOptions(pki, port, { ...lenient, servername: 'unheard-of.test' }));
  t.equal(answer.status, 404);
  t.equal(app.requests.length, 0);
});

t.test('without a name in the hello, the one in the request decides', async (t) => {
  const { port, exchange } = await start(t);
  const nameless = clientOptions(pki, port, { servername: '' });
  t.equal((await call(nameless, { host: 'app.sallyport.localhost' })).status, 200);
  t.match(await exchange(0), { connection: { sni: undefined }, host: 'app.sallyport.localhost' });
  t.equal((await call(nameless, { host: 'unheard-of.test' })).status, 404);
  t.equal((await call(nameless, { host: '127.0.0.1' })).status, 404);
});

t.test('a connection serves every host of its TLS group, whatever name it was opened with', async (t) => {
  const { port, exchange } = await start(t);
  const answer = await call(clientOptions(pki, port), { host: 'other.sallyport.localhost' });
  t.equal(answer.status, 200);
  t.match(await exchange(0), {
    connection: { sni: 'app.sallyport.localhost' },
    host: 'other.sallyport.localhost',
    route: 'other.sallyport.localhost',
  });
});

t.test('strangers learn nothing about names: certificate by name, refusal for all', async (t) => {
  const { port, app } = await start(t);
  const stranger = { cert: undefined, key: undefined, checkServerIdentity: () => undefined };
  const bodies = new Set<string>();
  for (const servername of ['app.sallyport.localhost', 'unheard-of.test'])
    for (const host of ['app.sallyport.localhost', 'unheard-of.test', 'localhost']) {
      const options = clientOptions(pki, port, { ...stranger, servername });
      const answer = await call(options, { host, headers: { accept: 'application/json' } });
      t.equal(answer.status, 403);
      bodies.add(answer.body.replace(/"request_id":"[^"]*"/, ''));
    }
  t.equal(bodies.size, 1);
  t.equal(app.requests.length, 0);
});
