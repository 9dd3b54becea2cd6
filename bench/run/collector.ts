// A collector of traces that takes whatever comes, in a process of its own so that what it costs is not the proxy's.
import { spawn } from 'node:child_process';
import { once } from 'node:events';

const SERVER = `
  const server = require('node:http').createServer((request, response) => {
    request.resume().on('end', () => response.end());
  });
  server.listen(0, '127.0.0.1', () => console.log(server.address().port));
`;

/** Its address. It ends with this process. */
export async function startCollector(): Promise<string> {
  const child = spawn(process.execPath, ['--eval', SERVER], { stdio: ['ignore', 'pipe', 'inherit'] });
  process.on('exit', () => child.kill('SIGKILL'));
  const [port] = (await once(child.stdout, 'data')) as [Buffer];
  return `http://127.0.0.1:${String(port).trim()}`;
}
