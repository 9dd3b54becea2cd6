// A proxy in a process of its own, for what can only be seen from outside: its memory. The configuration comes as the
// first message, the port goes back, and it ends with its parent.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createProxy } from '../../src/app/proxy.ts';
import type { ConfigInput } from '../../src/config/schema.ts';

interface Teardown {
  teardown(fn: () => unknown): void;
}

export interface ProxyProcess {
  readonly port: number;
  /** Resident memory in bytes, as Linux counts it. */
  readonly residentBytes: () => number;
}

export async function forkProxy(t: Teardown, config: ConfigInput): Promise<ProxyProcess> {
  const child = fork(fileURLToPath(import.meta.url), { execArgv: [], env: {} });
  t.teardown(() => child.kill());
  child.send(config);
  const [port] = (await once(child, 'message')) as [number];
  const residentBytes = (): number => {
    const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) * 1024;
  };
  return { port, residentBytes };
}

async function serve(config: ConfigInput): Promise<void> {
  const proxy = createProxy(config, { watch: false });
  const [address] = await proxy.start();
  if (address === undefined || 'path' in address) throw new Error('no port');
  process.send?.(address.port);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.once('disconnect', () => process.exit());
  process.once('message', (config) => void serve(config as ConfigInput));
}
