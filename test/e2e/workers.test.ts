// `workers`: several processes behind one address, and one that leads them.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { once } from 'node:events';
import { connect, type ConnectionOptions } from 'node:tls';
import t from 'tap';
import { makeTestPki } from '../support/certificates.ts';
import { call, clientOptions, openClient, readAll } from '../support/client.ts';
import { startCollector } from '../support/collector.ts';
import { temporaryFolder } from '../support/folder.ts';
import { RUN_SETTINGS, type RunProcess, runProcess, writeCertificates } from '../support/run-process.ts';
import { until } from '../support/until.ts';

const CLIENTS = 24;
const REQUEST = 'GET / HTTP/1.1\r\nHost: app.sallyport.localhost\r\n\r\n';

const configOf = (folder: string, body: string, more = ''): string => `${RUN_SETTINGS}${more}workers: 2
admin_address: unix:${path.join(folder, 'admin.sock')}
routes:
  - from: https://app.sallyport.localhost
    response: { body: ${body} }
`;

async function setUp(t: { teardown(handler: () => unknown): void }, more = '') {
  const folder = temporaryFolder(t);
  await writeCertificates(folder);
  const file = path.join(folder, 'routes.yaml');
  const write = (body: string): void => writeFileSync(file, configOf(folder, body, more));
  write('one');
  const proxy = await runProcess(t, folder);
  const options = clientOptions(await makeTestPki(), proxy.port);
  /** On connections of their own. */
  const bodies = async (): Promise<string[]> => {
    const answers = await Promise.all(Array.from({ length: CLIENTS }, () => call(options)));
    return [...new Set(answers.map(({ status, body }) => `${status} ${body}`))];
  };
  const admin = async (target: string): Promise<string> => {
    const asked = request({
      socketPath: path.join(folder, 'admin.sock'),
      path: target,
      headers: { host: 'localhost' },
    });
    asked.end();
    const [answer] = await once(asked, 'response');
    return await text(answer);
  };
  return { file, write, proxy, options, bodies, admin };
}

const workersOf = ({ child }: RunProcess): number[] =>
  readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim().split(' ').map(Number);

t.test('a worker that dies takes its own connections with it, and another takes its place', async (t) => {
  const { proxy, options, bodies, admin } = await setUp(t);
  const before = workersOf(proxy);
  t.equal(before.length, 2);
  const clients = await Promise.all(Array.from({ length: CLIENTS }, () => openClient(t, options)));
  t.equal(JSON.parse(await admin('/status')).connections, CLIENTS);

  process.kill(before[0] ?? 0, 'SIGKILL');
  await until(() => proxy.records.some(({ code }) => code === 'worker_ended'));
  await until(() => proxy.records.some(({ code }) => code === 'worker_replaced'));
  const after = workersOf(proxy);
  t.equal(after.length, 2);
  t.ok(after.includes(before[1] ?? 0), 'the other one is still there');
  let answered = 0;
  await Promise.all(
    clients.map(async (client) => {
      if (client.destroyed) return;
      const closed = once(client, 'close');
      client.write(REQUEST);
      const [chunk] = await Promise.race([once(client, 'data'), closed]);
      if (Buffer.isBuffer(chunk) && chunk.toString().startsWith('HTTP/1.1 200')) answered++;
    }),
  );
  t.comment(`${answered} of ${CLIENTS} connections were the other worker's`);
  t.equal(clients.filter(({ destroyed }) => !destroyed).length, answered, 'who is not cut is answered');
  t.strictSame(await bodies(), ['200 one']);

  proxy.child.kill('SIGTERM');
  t.strictSame(await proxy.exited, [0, null]);
});

t.test(
  'a reload reaches every worker and is one line; a broken file changes none, a new one included',
  async (t) => {
    const { file, write, proxy, bodies } = await setUp(t);
    write('two');
    proxy.child.kill('SIGHUP');
    t.match(await proxy.reload(0), { result: 'applied' });
    t.strictSame(await bodies(), ['200 two']);
    t.strictSame(await bodies(), ['200 two']);

    writeFileSync(file, 'routes: nonsense');
    proxy.child.kill('SIGHUP');
    t.match(await proxy.reload(1), { result: 'refused' });
    for (const pid of workersOf(proxy)) process.kill(pid, 'SIGKILL');
    await until(() => proxy.records.filter(({ code }) => code === 'worker_replaced').length === 2);
    t.strictSame(await bodies(), ['200 two'], 'what is in force, not what the file says');
  },
);

t.test('metrics are of all workers together', async (t) => {
  const { bodies, admin, options } = await setUp(t);
  await bodies();
  await Promise.all(Array.from({ length: CLIENTS }, () => openClient(t, options)));
  const metrics = await admin('/metrics');
  t.match(
    metrics,
    `sallyport_requests_total{route="app.sallyport.localhost",status="200",error=""} ${CLIENTS}`,
  );
  t.match(metrics, /^sallyport_build_info\{.*\} 1$/m);
  t.match(metrics, /^sallyport_config_last_reload_successful 1$/m);
  const { live } = JSON.parse(await admin('/status'));
  t.match(live.clients, [{ subject: /^CN=/, connections: CLIENTS }], 'and so is who is connected');
  const seconds = live.activity.seconds as { requests: number }[];
  t.equal(
    seconds.reduce((sum, { requests }) => sum + requests, 0),
    CLIENTS,
    'and what happened',
  );
});

t.test('who connects while every worker is dead waits for the next, on the same port', async (t) => {
  const { proxy, bodies } = await setUp(t);
  const before = workersOf(proxy);
  for (const pid of before) process.kill(pid, 'SIGKILL');
  await until(() => before.every((pid) => !workersOf(proxy).includes(pid)));
  t.strictSame(await bodies(), ['200 one']);
  await until(() => proxy.records.filter(({ code }) => code === 'worker_replaced').length === 2);
  t.strictSame(await bodies(), ['200 one']);
});

t.test('workers share a unix socket, which is removed in the end', async (t) => {
  const folder = temporaryFolder(t);
  await writeCertificates(folder);
  const socketPath = path.join(folder, 'edge.sock');
  const text = configOf(folder, 'one').replace('address: 127.0.0.1:0', `address: unix:${socketPath}`);
  writeFileSync(path.join(folder, 'routes.yaml'), text);
  const proxy = await runProcess(t, folder);
  const { host: _, port: __, ...options } = clientOptions(await makeTestPki(), 0);
  process.kill(workersOf(proxy)[0] ?? 0, 'SIGKILL');
  await until(() => proxy.records.some(({ code }) => code === 'worker_replaced'));
  const socket = connect({ ...options, path: socketPath });
  await once(socket, 'secureConnect');
  socket.write(REQUEST.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'));
  t.match(await readAll(socket), /^HTTP\/1\.1 200 /);
  proxy.child.kill('SIGTERM');
  await proxy.exited;
  t.notOk(existsSync(socketPath));
});

t.test('limits are of all workers together', async (t) => {
  const { options } = await setUp(t, 'rate_limits: [{ key: client_certificate, requests: 50, per: 1h }]\n');
  let allowed = 0;
  for (let i = 0; i < 150; i++) if ((await call(options)).status === 200) allowed++;
  t.ok(allowed >= 50 && allowed < 75, `${allowed} of 150, where each alone would let through 50`);
});

/** One connection, one request: its status, whether the session was resumed, and the session to resume next. */
async function visit(options: ConnectionOptions) {
  const socket = connect(options);
  await once(socket, 'secureConnect');
  let session: Buffer | undefined;
  socket.on('session', (ticket: Buffer) => (session = ticket));
  const isResumed = socket.isSessionReused();
  socket.write(REQUEST.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'));
  const answer = await readAll(socket);
  return { status: Number(answer.slice(9, 12)), isResumed, session };
}

t.test('a session resumes on every worker, one that has just been started included', async (t) => {
  const { proxy, options } = await setUp(t);
  const { session } = await visit(options);
  const all = async (): Promise<unknown[]> => {
    const visits = await Promise.all(Array.from({ length: CLIENTS }, () => visit({ ...options, session })));
    return visits.filter(({ status, isResumed }) => status !== 200 || !isResumed);
  };
  t.strictSame(await all(), []);
  process.kill(workersOf(proxy)[0] ?? 0, 'SIGKILL');
  await until(() => proxy.records.some(({ code }) => code === 'worker_replaced'));
  t.strictSame(await all(), []);
});

t.test('who was refused without a certificate by one gets a full handshake from all', async (t) => {
  const { options } = await setUp(t);
  const { session } = await visit({ ...options, cert: undefined, key: undefined });
  const back = { ...options, session };
  const round = async (): Promise<string[]> => {
    const visits = await Promise.all(Array.from({ length: CLIENTS }, () => visit(back)));
    return [...new Set(visits.map(({ status, isResumed }) => `${status} ${isResumed}`))];
  };
  // The worker that resumes it first finds out that there is such a ticket, and tells the other.
  let seen = await round();
  t.ok(seen.includes('403 true'));
  for (let i = 0; i < 5 && seen.join() !== '200 false'; i++) seen = await round();
  t.strictSame(seen, ['200 false']);
});

t.test('what keeps a worker from starting is said once, and ends the start', async (t) => {
  const { file, proxy } = await setUp(t);
  const address = `address: 127.0.0.1:${proxy.port}\nreuse_port: false`;
  const folder = path.dirname(file);
  writeFileSync(
    path.join(folder, 'second.yaml'),
    readFileSync(file, 'utf8').replace('address: 127.0.0.1:0', address).replace('admin.sock', 'other.sock'),
  );
  await t.rejects(runProcess(t, folder, { config: 'second.yaml' }), /it ended with 1/);
});

t.test('each worker exports its traces, the last ones when it drains', async (t) => {
  const collector = await startCollector(t);
  const tracing = `otel_traces_exporter: otlp\notel_exporter_otlp_endpoint: ${collector.url}\n`;
  const { proxy, bodies } = await setUp(t, tracing);
  const workers = workersOf(proxy);
  t.strictSame(await bodies(), ['200 one']);
  proxy.child.kill('SIGTERM');
  t.strictSame(await proxy.exited, [0, null]);
  t.equal(collector.spans.length, CLIENTS);
  const exporters = new Set(collector.spans.map(({ resource }) => Number(resource['process.pid'])));
  t.ok([...exporters].every((pid) => workers.includes(pid)));
});
