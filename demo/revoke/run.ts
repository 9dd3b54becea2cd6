// The demo itself: thousands of connections through Sallyport, one certificate revoked, and who is gone afterwards.
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { connect } from 'node:tls';
import { prepareDevCertificates } from '../../src/app/development.ts';
import { createProxy } from '../../src/app/proxy.ts';
import { startDemoApps } from '../../src/cli/demo/demo-apps.ts';
import { devConfig } from '../../src/cli/dev/dev-config.ts';
import { type RevocationRecord, silentObserver } from '../../src/core/observer.ts';
import { issueCrl } from '../../src/pki/issue-crl.ts';
import { Holders } from './holders.ts';
import type { Closing, Person } from './messages.ts';
import { makeCast } from './people.ts';

export interface DemoPlan {
  readonly connections: number;
  readonly people: number;
  readonly processes: number;
}

export interface DemoResult {
  readonly held: number;
  readonly people: number;
  readonly target: Person['holds'];
  /** Milliseconds from the call of the reload to its end. */
  readonly reloadMs: number;
  /** Of the target, with the milliseconds from the end of the reload. */
  readonly closed: readonly (Pick<Closing, 'use' | 'code'> & { readonly afterMs: number })[];
  /** Connections of anybody else that closed. */
  readonly othersClosed: number;
  /** Of the connections that are left: how many were answered afterwards, and how many not. */
  readonly answered: number;
  readonly silent: number;
  /** What the target hears who connects again. */
  readonly again: string;
  /** What Sallyport reported. */
  readonly revocations: readonly Pick<RevocationRecord, 'reason' | 'state'>[];
}

const HOST = 'echo.sallyport.localhost';
/** How long an answer under way may go on, so that all is over within a second. */
const DEADLINE = '500ms';
const WAIT_MS = 5000;

/** `say` hears what is going on. */
export async function runDemo(plan: DemoPlan, say: (text: string) => void): Promise<DemoResult> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'sallyport-demo-'));
  const certificates = await prepareDevCertificates({ folder, now: Date.now() });
  const { pairs } = certificates;
  const apps = await startDemoApps(certificates, () => []);
  const revocations: RevocationRecord[] = [];
  const list = path.join(folder, 'people.crl');
  const writeList = async (...serials: string[]): Promise<void> => {
    const revoked = serials.map((serial) => ({ serial }));
    await writeFile(list, (await issueCrl(pairs['client-ca'], { revoked })).crlPem);
  };
  await writeList();
  const base = devConfig({ certificates, appUrls: apps.urls, address: ['127.0.0.1:0'] });
  const proxy = createProxy(
    {
      ...base,
      downstream_mtls: { ...base.downstream_mtls, crl_file: list },
      revocation_deadline: DEADLINE,
      max_connections: plan.connections + 10,
      max_connections_per_address: plan.connections + 10,
    },
    { watch: false, observer: { ...silentObserver, revocation: (record) => revocations.push(record) } },
  );
  const holders = new Holders(plan.processes);
  try {
    const [address] = await proxy.start();
    if (address === undefined || !('port' in address)) throw new Error('no port');
    say(`Making certificates for ${plan.people} people …`);
    const { people, target, serial } = await makeCast(pairs['client-ca'], plan.people, plan.connections);
    say(`Opening ${plan.connections} connections to Sallyport …`);
    const where = { port: address.port, host: HOST, caPem: pairs.ca.certPem };
    const held = await holders.hold(people, where);
    const count = Object.values(target.holds).reduce((sum, n) => sum + n, 0);
    say(`Revoking the certificate of ${target.name}, who holds ${count} of them …`);
    await writeList(serial);
    const gone = whenClosed(holders, target.name, count);
    const began = Date.now();
    const { result } = await proxy.reload();
    if (result !== 'applied') throw new Error(`the reload was ${result}`);
    const applied = Date.now();
    await gone;
    say('Asking for something on every connection that is left …');
    const { answered, silent } = await holders.use();
    const isTarget = ({ person }: Closing): boolean => person === target.name;
    return {
      held,
      people: people.length,
      target: target.holds,
      reloadMs: applied - began,
      closed: holders.closings
        .filter(isTarget)
        .map(({ use, at, code }) => ({ use, code, afterMs: at - applied })),
      othersClosed: holders.closings.filter((one) => !isTarget(one)).length,
      answered,
      silent,
      again: await knock(where, target),
      revocations: revocations.map(({ reason, state }) => ({ reason, state })),
    };
  } finally {
    holders.close();
    await proxy.close();
    await apps.close();
    await rm(folder, { recursive: true });
  }
}

/** Resolves when so many connections of the person are closed; rejects when that takes too long. */
async function whenClosed(holders: Holders, name: string, count: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('connections were left open')), WAIT_MS);
    holders.onClosing = () => {
      if (holders.closings.filter(({ person }) => person === name).length < count) return;
      clearTimeout(timer);
      resolve();
    };
  });
}

/** The first line of what a new connection gets. */
async function knock(where: { port: number; host: string; caPem: string }, person: Person): Promise<string> {
  const { port, host, caPem } = where;
  const { certPem: cert, keyPem: key } = person;
  const socket = connect({ host: '127.0.0.1', port, servername: host, ca: caPem, cert, key });
  socket.write(`GET / HTTP/1.1\r\nHost: ${host}\r\nAccept: application/problem+json\r\n\r\n`);
  const [chunk] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  const [head = '', body = ''] = chunk.toString('latin1').split('\r\n\r\n', 2);
  const { cause } = JSON.parse(body) as { cause?: string };
  return `${head.split('\r\n', 1)[0]} (${cause})`;
}
