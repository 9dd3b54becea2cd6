// `sallyport run` as a child process, with the test certificates in its folder, and its log as records.
import { type ChildProcess, spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { makeTestPki } from './certificates.ts';
import { BIN } from './sallyport-cli.ts';

export type LogRecord = Readonly<Record<string, unknown>>;

export interface RunProcess {
  readonly port: number;
  readonly child: ChildProcess;
  /** Everything logged so far. */
  readonly records: readonly LogRecord[];
  /** The n-th reload, from 0, the default; fails when the process ends, or after a minute. */
  readonly reload: (n?: number) => Promise<LogRecord>;
  /** The longest turn of its event loop since the last call, in ms of processor time; `isProbed` only. */
  readonly longestTurn: () => Promise<number>;
  /** How it ended: `[0, null]`. */
  readonly exited: Promise<[code: number | null, signal: string | null]>;
}

/** What a configuration in such a folder needs beside its routes, as YAML. */
export const RUN_SETTINGS = `address: 127.0.0.1:0
certificate_file: edge.crt
certificate_key_file: edge.key
downstream_mtls: { ca_file: client-ca.crt }
upstream_mtls: { cert_file: upstream.crt, key_file: upstream.key }
certificate_authority_file: server-ca.crt
`;

/** Writes the certificates that RUN_SETTINGS names. */
export async function writeCertificates(folder: string): Promise<void> {
  const { edge, clientCa, upstreamClient, serverCa } = await makeTestPki();
  const files = {
    'edge.crt': edge.certPem,
    'edge.key': edge.keyPem,
    'client-ca.crt': clientCa.certPem,
    'upstream.crt': upstreamClient.certPem,
    'upstream.key': upstreamClient.keyPem,
    'server-ca.crt': serverCa.certPem,
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(folder, name), text);
}

/** Starts it on `config`, relative to `cwd`, and waits until it listens. */
export async function runProcess(
  t: { teardown(handler: () => unknown): void },
  cwd: string,
  { config = 'routes.yaml', isProbed = false }: { config?: string; isProbed?: boolean } = {},
): Promise<RunProcess> {
  const probe = isProbed ? ['--import', path.join(import.meta.dirname, 'turn-probe.ts')] : [];
  const child = spawn(process.execPath, [...probe, BIN, 'run', '-c', config, '--log-format', 'json'], {
    cwd,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.teardown(() => child.kill('SIGKILL'));
  const exited = once(child, 'exit') as RunProcess['exited'];
  const records: LogRecord[] = [];
  const heard = new EventEmitter();
  createInterface({ input: child.stdout }).on('line', (line) => {
    records.push(JSON.parse(line) as LogRecord);
    heard.emit('record');
  });
  // Waits asleep: a test that polls would take a processor from the proxy that it waits for.
  const record = async (matches: (record: LogRecord) => boolean, n = 0): Promise<LogRecord> => {
    const signal = AbortSignal.timeout(60_000);
    for (;;) {
      const found = records.filter((one) => matches(one))[n];
      if (found !== undefined) return found;
      const next = once(heard, 'record', { signal });
      await Promise.race([next, exited.then(([code]) => Promise.reject(new Error(`it ended with ${code}`)))]);
    }
  };
  const listening = await record(({ event }) => event === 'listening');
  let turns = 0;
  return {
    port: Number(/:(\d+)$/.exec(String(listening['detail']))?.[1]),
    child,
    records,
    exited,
    reload: (n) => record(({ msg }) => String(msg).startsWith('reload '), n),
    async longestTurn() {
      child.kill('SIGUSR2');
      return Number((await record(({ msg }) => msg === 'longest turn', turns++))['cpu_ms']);
    },
  };
}
