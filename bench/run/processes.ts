// The child processes of a bench: each pinned to a core, each in a process group of its own, so that ending one ends
// its workers too, and none outlives this process. Signals must lead to `process.exit` for that.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { SYSTEM_PATH, type Launch } from '../peers/peer.ts';

export interface Running {
  readonly pid: number;
  stop(): Promise<void>;
}

const START_DEADLINE_MS = 15_000;
const groups = new Set<number>();

process.on('exit', () => {
  for (const pid of groups) endGroup(pid);
});

function endGroup(pid: number): void {
  groups.delete(pid);
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

/** Spawns on one core only. The child is killed with this process. */
export function spawnPinned(
  core: number,
  { command, args, env = {} }: Omit<Launch, 'outputFile'>,
  stdio: readonly (number | 'ignore' | 'pipe')[],
): ChildProcess {
  const child = spawn('taskset', ['-c', String(core), command, ...args], {
    env: { ...process.env, ...env, PATH: SYSTEM_PATH },
    stdio: [...stdio],
    detached: true,
  });
  const { pid } = child;
  if (pid !== undefined) {
    groups.add(pid);
    child.once('exit', () => endGroup(pid));
  }
  return child;
}

/** Starts a server and waits until it accepts connections. Throws with what it printed when it does not. */
export async function startServer(core: number, port: number, launch: Launch): Promise<Running> {
  const errorFile = `${launch.outputFile}.errors`;
  const [output, errors] = [openSync(launch.outputFile, 'a'), openSync(errorFile, 'a')];
  const child = spawnPinned(core, launch, ['ignore', output, errors]);
  closeSync(output);
  closeSync(errors);
  const exited = once(child, 'exit');
  const deadlineMs = performance.now() + START_DEADLINE_MS;
  while (!(await accepts(port))) {
    const hasEnded = child.exitCode !== null || child.signalCode !== null;
    if (!hasEnded && performance.now() < deadlineMs) await delay(20);
    else {
      if (child.pid !== undefined) endGroup(child.pid);
      const said = readFileSync(errorFile, 'utf8') + readFileSync(launch.outputFile, 'utf8');
      throw new Error(`${launch.command} did not start:\n${said.slice(0, 2000)}`);
    }
  }
  const pid = child.pid ?? 0;
  return {
    pid,
    stop: async () => {
      endGroup(pid);
      await exited;
    },
  };
}

/** A port that nobody listens on at this moment. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
