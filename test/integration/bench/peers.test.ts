// What the bench tells Sallyport to do, and the upstream that stands in where nginx is missing.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import t, { type Test } from 'tap';
import { parse } from 'yaml';
import { httpProxy } from '../../../bench/peers/http-proxy.ts';
import { sallyport } from '../../../bench/peers/sallyport.ts';
import { writeCertificates } from '../../../bench/run/certificates.ts';
import { chooseCores } from '../../../bench/run/machine.ts';
import { probe } from '../../../bench/run/probe.ts';
import { freePort, startServer } from '../../../bench/run/processes.ts';
import { plainUpstream } from '../../../bench/run/upstream.ts';
import { createProxy } from '../../../src/app/proxy.ts';
import { configSchema } from '../../../src/config/schema.ts';

function findCore(): number | undefined {
  try {
    return chooseCores().load;
  } catch {
    return undefined;
  }
}
const core = findCore() ?? 0;
const skip = findCore() === undefined ? 'needs Linux, taskset and two cores' : false;

const configFileOf = (args: readonly string[]): string =>
  args.find((argument) => argument.endsWith('.yaml')) ?? '';

async function startPlainUpstream(t: Test) {
  const folder = t.testdir();
  const certificates = await writeCertificates(folder);
  const port = await freePort();
  const launch = plainUpstream({ folder, port, certificates });
  const running = await startServer(core, port, launch);
  t.teardown(() => running.stop());
  return { folder, certificates, port };
}

t.test("the bench's configuration of Sallyport is a valid one", async (t) => {
  const folder = t.testdir();
  const certificates = await writeCertificates(folder);
  const { args } = sallyport.prepare({ folder, port: 8443, upstreamPort: 9443, certificates });
  const { data, error } = configSchema.safeParse(parse(readFileSync(configFileOf(args), 'utf8')));
  t.equal(error, undefined);
  t.match(data?.routes[0]?.to, [{ url: 'https://127.0.0.1:9443' }]);
});

t.test('private keys of the bench are readable by their owner alone', async (t) => {
  const folder = t.testdir();
  await writeCertificates(folder);
  const files = readdirSync(folder);
  t.ok(files.includes('proxy.key'));
  for (const file of files) t.equal(statSync(path.join(folder, file)).mode & 0o077, 0, file);
});

t.test('Sallyport before the plain upstream does the whole job', { skip }, async (t) => {
  const { folder, certificates, port: upstreamPort } = await startPlainUpstream(t);
  const port = await freePort();
  const { args } = sallyport.prepare({ folder, port, upstreamPort, certificates });
  const proxy = createProxy(configFileOf(args), { watch: false });
  t.teardown(() => proxy.close());
  await proxy.start();
  await t.resolves(probe(port, certificates));
});

t.test('http-proxy before the plain upstream does the whole job', { skip }, async (t) => {
  const { folder, certificates, port: upstreamPort } = await startPlainUpstream(t);
  const port = await freePort();
  const launch = httpProxy.prepare({ folder, port, upstreamPort, certificates });
  const running = await startServer(core, port, launch);
  t.teardown(() => running.stop());
  await t.resolves(probe(port, certificates));
});

t.test('a proxy that does not do the whole job is found out', { skip }, async (t) => {
  const { certificates, port } = await startPlainUpstream(t);
  // The upstream itself trusts other clients than a proxy must: it refuses the client of the bench.
  await t.rejects(probe(port, certificates));
});

t.test('a server that does not start is reported with what it said', { skip }, async (t) => {
  const outputFile = path.join(t.testdir(), 'output.log');
  const launch = { command: process.execPath, args: ['-e', 'throw new Error("no luck")'], outputFile };
  await t.rejects(startServer(core, await freePort(), launch), { message: /did not start[\s\S]*no luck/ });
});
