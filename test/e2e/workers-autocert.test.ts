// `workers` with `autocert`: the process that leads orders, the others serve and answer the ACME server.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { makeTestPki } from '../support/certificates.ts';
import { call, clientOptions } from '../support/client.ts';
import { temporaryFolder } from '../support/folder.ts';
import { freePort } from '../support/peer.ts';
import { startPebble } from '../support/pebble.ts';
import { requireTool } from '../support/requires.ts';
import { RUN_SETTINGS, runProcess, writeCertificates } from '../support/run-process.ts';
import { until } from '../support/until.ts';

/** In a row, spread over both workers. */
const CLIENTS = 24;

t.test('workers serve what the process that leads has ordered, and answer for it', async (t) => {
  if (!requireTool(t, 'pebble')) return;
  const pebble = await startPebble(t);
  const folder = temporaryFolder(t);
  await writeCertificates(folder);
  writeFileSync(path.join(folder, 'acme-ca.crt'), pebble.trustedCa);
  const settings = RUN_SETTINGS.replace('127.0.0.1:0', `127.0.0.1:${await freePort()}`);
  writeFileSync(
    path.join(folder, 'routes.yaml'),
    `${settings}workers: 2
http_redirect_addr: 127.0.0.1:${pebble.httpPort}
autocert: true
autocert_ca: ${pebble.directoryUrl}
autocert_trusted_ca_file: acme-ca.crt
autocert_challenges: [http-01]
autocert_dir: kept
routes:
  - from: https://a.corp.example
    response: { body: one }
`,
  );
  const { port, records } = await runProcess(t, folder);
  const ca = await pebble.root();
  const options = clientOptions(await makeTestPki(), port, { servername: 'a.corp.example', ca });
  const isServed = async (): Promise<boolean> =>
    await call(options).then(
      () => true,
      () => false,
    );
  let inTurn = 0;
  await until(() => records.some(({ event }) => event === 'certificate_obtained'), 60_000);
  // Connections are spread over both.
  while (inTurn < CLIENTS) inTurn = (await isServed()) ? inTurn + 1 : 0;
  t.pass('all of them');
});
