// Other proxies, as child processes beside the one under test.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { type Answer, call } from './client.ts';
import { toolPath } from './requires.ts';

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Until the test ends, or what it returns is called. */
export function runPeer(
  t: { teardown(fn: () => unknown): void },
  tool: string,
  ...args: string[]
): () => Promise<void> {
  const child = spawn(toolPath(tool) ?? tool, args, { stdio: 'ignore' });
  t.teardown(() => child.kill('SIGKILL'));
  return async () => {
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  };
}

/** Tries again until the peer listens. */
export async function patientCall(options: Parameters<typeof call>[0]): Promise<Answer> {
  const end = performance.now() + 10_000;
  for (;;)
    try {
      return await call(options);
    } catch (error) {
      if (performance.now() > end) throw error;
    }
}
