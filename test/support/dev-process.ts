// `sallyport dev` as a child process on a free port, stopped at the end of the test.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { BIN } from './sallyport-cli.ts';

export interface DevProcess {
  readonly port: number;
  /** What it had printed when it was ready. */
  readonly screen: string;
  readonly child: ChildProcess;
  /** Sends SIGTERM; the exit code. */
  readonly stop: () => Promise<number | null>;
}

/** Starts it in `cwd` and waits for the first screen. */
export async function devProcess(
  t: { teardown(handler: () => Promise<void>): void },
  cwd: string,
  ...args: readonly string[]
): Promise<DevProcess> {
  const child = spawn(process.execPath, [BIN, 'dev', '--port', '0', ...args], {
    cwd,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit') as Promise<[number | null]>;
  const stop = async (): Promise<number | null> => {
    child.kill('SIGTERM');
    return (await exited)[0];
  };
  t.teardown(async () => void (await stop()));
  let screen = '';
  child.stdout.setEncoding('utf8');
  for await (const piece of child.stdout.iterator({ destroyOnReturn: false }) as AsyncIterable<string>) {
    screen += piece;
    if (screen.includes('Ctrl-C')) break;
  }
  child.stdout.resume();
  const port = Number(/listening on https:\/\/localhost:(\d+)/.exec(screen)?.[1]);
  if (!(port > 0)) throw new Error(`sallyport dev did not start: ${screen}`);
  return { port, screen, child, stop };
}
