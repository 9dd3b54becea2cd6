import { writeFileSync } from 'node:fs';
import path from 'node:path';
import t, { type Test } from 'tap';
import { MONITORING_EXIT } from '../../src/cli/certs.ts';
import { EXIT } from '../../src/cli/exit-codes.ts';
import { issueCrl } from '../../src/pki/issue-crl.ts';
import { issueServer } from '../../src/pki/issue.ts';
import { makeTestPki } from '../support/certificates.ts';
import { temporaryFolder } from '../support/folder.ts';
import { sallyport } from '../support/sallyport-cli.ts';
import { RUN_SETTINGS, writeCertificates } from '../support/run-process.ts';

const pki = await makeTestPki();
const ROUTES = `
routes:
  - from: https://app.sallyport.localhost
    to: https://127.0.0.1:9001
`;
const HOUR_MS = 3_600_000;

async function setUp(t: Test, settings = RUN_SETTINGS, routes = ROUTES) {
  const cwd = temporaryFolder(t);
  await writeCertificates(cwd);
  const write = (name: string, text: string) => writeFileSync(path.join(cwd, name), text);
  write('routes.yaml', settings + routes);
  const certs = (...args: string[]) => sallyport(cwd, 'certs', ...args);
  const entries = (...args: string[]) => {
    const { stdout, stderr } = certs('--json', ...args);
    t.equal(stderr, '');
    return (
      JSON.parse(stdout) as { entries: { use: string; severity: string; problem: string; name: string }[] }
    ).entries;
  };
  return { write, certs, entries };
}

t.test('everything in play, each with its use, end and place', async (t) => {
  const { certs, entries } = await setUp(t);
  const { status, stdout } = certs();
  t.equal(status, MONITORING_EXIT.ok, stdout);
  t.match(stdout, /^ok +shown to clients +20\d\d-\d\d-\d\d \d\d:\d\d +CN=.* certificate_file/m);
  t.match(stdout, /All \d are in order\.\n$/);
  t.strictSame(
    new Set(entries().map(({ use }) => use)),
    new Set(['edge', 'client_ca', 'upstream_identity', 'upstream_ca']),
  );
});

t.test('what ends soon, has ended, or covers too little', async (t) => {
  const { write, certs, entries } = await setUp(t);
  const edge = async (from: number, to: number) => {
    const names = { dns: ['app.sallyport.localhost'] };
    const dates = {
      notBefore: new Date(Date.now() + from * HOUR_MS),
      notAfter: new Date(Date.now() + to * HOUR_MS),
    };
    const { certPem, keyPem } = await issueServer(pki.serverCa, {
      commonName: 'edge',
      days: 1,
      names,
      ...dates,
    });
    write('edge.crt', certPem);
    write('edge.key', keyPem);
  };
  await edge(-24 * 80, 24 * 10);
  t.equal(certs().status, MONITORING_EXIT.warning);
  t.match(entries()[0], { use: 'edge', severity: 'warning', problem: /ends in (9|10) days: renew it/ });
  t.equal(certs('--warning', '5', '--critical', '1').status, MONITORING_EXIT.ok);
  await edge(-24 * 80, 20);
  t.equal(certs().status, MONITORING_EXIT.critical);
  t.match(entries()[0], { severity: 'critical', problem: /ends in (19|20) hours/ });
  await edge(-48, -1);
  t.match(entries()[0], { severity: 'critical', problem: /has ended/ });
  await edge(-1, 23);
  t.equal(certs().status, MONITORING_EXIT.ok, 'one that lives a day is in order for most of it');
});

t.test('hosts without a certificate', async (t) => {
  const { certs, entries } = await setUp(
    t,
    RUN_SETTINGS,
    `
routes:
  - { from: 'https://app.sallyport.localhost', to: 'https://127.0.0.1:1' }
  - { from: 'https://deep.app.sallyport.localhost', to: 'https://127.0.0.1:1' }
  - { from: 'https://*.elsewhere.test', to: 'https://127.0.0.1:1' }
`,
  );
  t.equal(certs().status, MONITORING_EXIT.warning);
  t.strictSame(
    entries()
      .filter(({ use }) => use === 'host')
      .map(({ name }) => name),
    ['deep.app.sallyport.localhost', '*.elsewhere.test'],
  );
});

t.test('revocation lists', async (t) => {
  const settings = RUN_SETTINGS.replace(
    'ca_file: client-ca.crt',
    'ca_file: client-ca.crt, crl_file: people.crl',
  );
  const { write, certs, entries } = await setUp(t, settings);
  const list = async (from: number, to: number) => {
    const thisUpdate = new Date(Date.now() + from * HOUR_MS);
    const nextUpdate = new Date(Date.now() + to * HOUR_MS);
    write('people.crl', (await issueCrl(pki.clientCa, { revoked: [], thisUpdate, nextUpdate })).crlPem);
  };
  await list(-1, 24);
  t.equal(certs().status, MONITORING_EXIT.ok);
  t.match(
    entries().find(({ use }) => use === 'crl'),
    { severity: 'ok' },
  );
  await list(-24, 1);
  t.match(entries()[0], { use: 'crl', severity: 'warning', problem: /is due/ });
  await list(-24, -1);
  t.equal(certs().status, MONITORING_EXIT.critical);
  t.match(entries()[0], { use: 'crl', severity: 'critical', problem: /good no more/ });
});

t.test('a configuration that cannot be used is unknown', async (t) => {
  const { write, certs } = await setUp(t);
  write('edge.crt', 'nothing');
  const { status, stderr } = certs();
  t.equal(status, EXIT.config);
  t.equal(status, 3, 'as monitoring has it');
  t.match(stderr, /certificate_file/);
  t.equal(certs('--warning', 'soon').status, EXIT.usage);
});
