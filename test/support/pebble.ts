// A real ACME server, Pebble, with the name server of its challenge test server: every name is at 127.0.0.1. Ends with the
// test.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import https from 'node:https';
import net from 'node:net';
import path from 'node:path';
import { makeTestPki } from './certificates.ts';
import { temporaryFolder } from './folder.ts';
import { freePort } from './peer.ts';

interface Teardown {
  teardown(fn: () => unknown): void;
}

export interface PebbleOptions {
  /** Where it looks for `http-01` and `tls-alpn-01`; default: ports that are free, and nobody's. */
  readonly httpPort?: number;
  readonly tlsPort?: number;
  /** How many of a hundred good nonces it refuses. Default 0. */
  readonly nonceReject?: number;
  /** Lifetime of certificates in seconds. Default: five years. */
  readonly validitySeconds?: number;
  /** Key IDs with their MAC keys in base64url: accounts must be bound to one. */
  readonly externalAccounts?: Readonly<Record<string, string>>;
  /** Address of another name server than that of its challenge test server. */
  readonly dnsServer?: string;
  /** Names that it orders nothing for. */
  readonly blocked?: readonly string[];
}

export interface Pebble {
  readonly directoryUrl: string;
  /** PEM of what its own certificate is of. */
  readonly trustedCa: string;
  readonly httpPort: number;
  readonly tlsPort: number;
  /** Address of the name server that it asks. */
  readonly dnsServer: string;
  /** PEM of the root that its certificates are of. */
  root(): Promise<string>;
  /** Where its challenge test server is managed, in HTTP. */
  readonly managementUrl: string;
  /** Asks the challenge test server, such as `set-txt`. */
  manage(command: string, body: object): Promise<void>;
  kill(): Promise<void>;
  /** Another one at the same place, which knows of nothing that was before. */
  start(): Promise<void>;
}

const HOST = '127.0.0.1';
const START_MS = 10_000;

export async function startPebble(t: Teardown, options: PebbleOptions = {}): Promise<Pebble> {
  const folder = temporaryFolder(t);
  const { app, serverCa } = await makeTestPki();
  const [listen, management, dns, challenges] = [
    await freePort(),
    await freePort(),
    await freePort(),
    await freePort(),
  ];
  const httpPort = options.httpPort ?? (await freePort());
  const tlsPort = options.tlsPort ?? (await freePort());
  const files = { certificate: path.join(folder, 'pebble.crt'), privateKey: path.join(folder, 'pebble.key') };
  writeFileSync(files.certificate, app.certPem);
  writeFileSync(files.privateKey, app.keyPem);
  const config = path.join(folder, 'pebble.json');
  const { externalAccounts, blocked = [], validitySeconds } = options;
  writeFileSync(
    config,
    JSON.stringify({
      pebble: {
        listenAddress: `${HOST}:${listen}`,
        managementListenAddress: `${HOST}:${management}`,
        ...files,
        httpPort,
        tlsPort,
        ocspResponderURL: '',
        domainBlocklist: blocked,
        externalAccountBindingRequired: externalAccounts !== undefined,
        externalAccountMACKeys: externalAccounts ?? {},
        ...(validitySeconds !== undefined && { certificateValidityPeriod: validitySeconds }),
      },
    }),
  );
  const env = {
    ...process.env,
    PEBBLE_VA_NOSLEEP: '1',
    PEBBLE_AUTHZREUSE: '0',
    PEBBLE_WFE_NONCEREJECT: String(options.nonceReject ?? 0),
  };
  const names = `${HOST}:${dns}`;
  const { dnsServer = names } = options;
  let pebble: ChildProcess | undefined;
  const start = async (): Promise<void> => {
    pebble = run(t, 'pebble', ['-config', config, '-strict', '-dnsserver', dnsServer], env);
    await answering(listen);
  };
  const off = ['-http01', '', '-https01', '', '-tlsalpn01', ''];
  const at = `${HOST}:${challenges}`;
  run(t, 'pebble-challtestsrv', ['-management', at, '-dns01', names, '-defaultIPv6', '', ...off], env);
  await answering(challenges);
  await start();
  return {
    directoryUrl: `https://${HOST}:${listen}/dir`,
    trustedCa: serverCa.certPem,
    httpPort,
    tlsPort,
    dnsServer,
    root: async () => await fetchText(`https://${HOST}:${management}/roots/0`, serverCa.certPem),
    managementUrl: `http://${at}`,
    manage: async (command, body) => {
      const response = await fetch(`http://${at}/${command}`, {
        method: 'POST',
        body: JSON.stringify(body),
      });
      if (!response.ok) throw new Error(`${command}: ${response.status}`);
    },
    kill: async () => {
      if (pebble === undefined) return;
      pebble.kill('SIGKILL');
      if (pebble.exitCode === null && pebble.signalCode === null) await once(pebble, 'exit');
    },
    start,
  };
}

function run(t: Teardown, command: string, args: readonly string[], env: NodeJS.ProcessEnv): ChildProcess {
  const child = spawn(command, args, { env, stdio: 'ignore' });
  t.teardown(() => child.kill('SIGKILL'));
  return child;
}

/** Until somebody accepts there. */
async function answering(port: number): Promise<void> {
  const deadline = performance.now() + START_MS;
  for (;;) {
    const socket = net.connect(port, HOST);
    try {
      await once(socket, 'connect');
      return;
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    } finally {
      socket.destroy();
    }
  }
}

async function fetchText(url: string, ca: string): Promise<string> {
  const request = https.get(url, { ca, agent: false });
  const [response] = await once(request, 'response');
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
