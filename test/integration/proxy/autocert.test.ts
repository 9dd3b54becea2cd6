// Certificates from a real ACME server, Pebble, for a whole proxy.
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { connect } from 'node:tls';
import t from 'tap';
import { shown, startAutocert, untilShown } from '../../support/autocert.ts';
import { call, clientOptions } from '../../support/client.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { startPebble } from '../../support/pebble.ts';
import { requireTool } from '../../support/requires.ts';
import { until } from '../../support/until.ts';
import { startWebhook } from '../../support/webhook.ts';

t.test('a certificate by tls-alpn-01, on the port that demands client certificates', async (t) => {
  if (!requireTool(t, 'pebble')) return;
  const pebble = await startPebble(t);
  const { port, pki } = await startAutocert(t, pebble, { names: ['a.corp.example'] });
  t.match(await shown(port, 'a.corp.example'), /^$/, 'the port is open before there is one');
  await untilShown(port, 'a.corp.example');
  const options = clientOptions(pki, port, { servername: 'a.corp.example', ca: await pebble.root() });
  t.equal((await call(options)).status, 204, 'a client that trusts that CA is served');
});

t.test('a certificate by http-01, on a port that sends everything else to https', async (t) => {
  if (!requireTool(t, 'pebble')) return;
  const pebble = await startPebble(t);
  const { port } = await startAutocert(t, pebble, {
    names: ['a.corp.example', 'b.corp.example'],
    address: '127.0.0.1:0',
    http_redirect_addr: `127.0.0.1:${pebble.httpPort}`,
    autocert_challenges: ['http-01'],
    autocert_key_type: 'ec-384',
  });
  await Promise.all(['a.corp.example', 'b.corp.example'].map((host) => untilShown(port, host)));
});

t.test('twenty of twenty orders, where six of ten good nonces are refused', async (t) => {
  if (!requireTool(t, 'pebble')) return;
  const pebble = await startPebble(t, { nonceReject: 60 });
  const names = Array.from({ length: 20 }, (_, index) => `host-${index}.corp.example`);
  const { port, warnings } = await startAutocert(t, pebble, { names });
  await Promise.all(names.map((host) => untilShown(port, host)));
  t.strictSame(warnings, [], 'at the first try');
});

t.test('a name that cannot be had keeps no other one waiting', async (t) => {
  if (!requireTool(t, 'pebble')) return;
  const pebble = await startPebble(t, { blocked: ['poisoned.corp.example'] });
  const names = ['poisoned.corp.example', 'a.corp.example', 'b.corp.example'];
  const { port, warnings } = await startAutocert(t, pebble, { names });
  await Promise.all(names.slice(1).map((host) => untilShown(port, host)));
  const { code, detail } = await until(() => warnings[0], 60_000);
  t.equal(code, 'certificate_failed');
  t.match(detail, /^poisoned\.corp\.example: .*; 1 in a row, the next try is at 20/);
});

t.test('an account that is bound to one of the CA', async (t) => {
  if (!requireTool(t, 'pebble')) return;
  const macKey = Buffer.from('0123456789abcdef0123456789abcdef').toString('base64url');
  const pebble = await startPebble(t, { externalAccounts: { 'key-1': macKey } });
  const unbound = await startAutocert(t, pebble, { names: ['a.corp.example'], address: '127.0.0.1:0' });
  t.match(
    (await until(() => unbound.warnings[0], 60_000)).detail,
    /autocert_eab_key_id/,
    'without it the log says so',
  );
  const { port } = await startAutocert(t, pebble, {
    names: ['a.corp.example'],
    autocert_eab_key_id: 'key-1',
    autocert_eab_mac_key: macKey,
  });
  await untilShown(port, 'a.corp.example');
});

t.test('a server that goes away in the middle, and comes back having forgotten everything', async (t) => {
  if (!requireTool(t, 'pebble')) return;
  const pebble = await startPebble(t);
  const folder = temporaryFolder(t);
  const { port, warnings } = await startAutocert(t, pebble, {
    names: ['a.corp.example'],
    autocert_dir: folder,
  });
  await until(() => existsSync(path.join(folder, 'orders')));
  await pebble.kill();
  await until(() => warnings[0], 60_000);
  await pebble.start();
  await untilShown(port, 'a.corp.example');
  t.match(
    warnings.map(({ code }) => code),
    ['certificate_failed'],
  );
});

t.test('short certificates are renewed again and again, and no request fails', async (t) => {
  if (!requireTool(t, 'pebble')) return;
  const pebble = await startPebble(t, { validitySeconds: 4 });
  const { port, pki, warnings } = await startAutocert(t, pebble, { names: ['a.corp.example'] });
  await untilShown(port, 'a.corp.example');
  const ca = await pebble.root();
  const serials = new Set<string>();
  let answers = 0;
  while (serials.size < 4) {
    const options = clientOptions(pki, port, { servername: 'a.corp.example', ca });
    const socket = connect(options);
    await once(socket, 'secureConnect');
    serials.add(socket.getPeerCertificate().serialNumber);
    socket.resume().end();
    await once(socket, 'close');
    const { status } = await call(options);
    if (status !== 204) t.equal(status, 204);
    answers++;
  }
  t.comment(`${answers} answers`);
  t.strictSame(warnings, []);
});

t.test(
  'a host under a wildcard route gets one when it is first asked for, where a rule allows it',
  async (t) => {
    if (!requireTool(t, 'pebble')) return;
    const pebble = await startPebble(t);
    const { url, asked } = await startWebhook(t, (one) => (one.url.includes('good') ? {} : 404));
    const folder = temporaryFolder(t);
    const settings = {
      names: ['*.corp.example'],
      autocert_dir: folder,
      autocert_on_demand: { hosts: ['*.apps.corp.example'], ask: `${url}/may`, per_hour: 3 },
    };
    const { port, warnings, proxy } = await startAutocert(t, pebble, settings);
    const shownFor = async (host: string): Promise<string> => await shown(port, host);
    t.strictSame(
      await Promise.all(Array.from({ length: 5 }, async () => await shownFor('good-1.apps.corp.example'))),
      Array.from({ length: 5 }, () => 'DNS:good-1.apps.corp.example'),
      'at the first handshake, which waits',
    );
    t.not(
      await shownFor('other.corp.example'),
      'DNS:other.corp.example',
      'a host that the rule does not name',
    );
    t.not(await shownFor('good.example'), 'DNS:good.example', 'a host that no route names');
    t.strictSame(
      asked.map((one) => one.url),
      ['/may?domain=good-1.apps.corp.example'],
      'is not even asked about',
    );
    t.not(await shownFor('bad.apps.corp.example'), 'DNS:bad.apps.corp.example');
    t.match(warnings.at(-1), { code: 'on_demand_refused', detail: 'bad.apps.corp.example: answered 404' });
    t.equal(await shownFor('good-2.apps.corp.example'), 'DNS:good-2.apps.corp.example');
    t.not(await shownFor('good-3.apps.corp.example'), 'DNS:good-3.apps.corp.example');
    t.match(warnings.at(-1)?.detail, /3 new names in an hour are the limit/);
    await proxy.close();
    const again = await startAutocert(t, pebble, settings);
    t.equal(
      await shown(again.port, 'good-2.apps.corp.example'),
      'DNS:good-2.apps.corp.example',
      'it is remembered',
    );
  },
);
