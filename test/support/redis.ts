// A real Redis that demands a client certificate of the test CA for upstreams, and shows one of the server CA. Ends with the
// test.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { makeTestPki } from './certificates.ts';
import { temporaryFolder } from './folder.ts';
import { freePort } from './peer.ts';
import { until } from './until.ts';

interface Teardown {
  teardown(fn: () => unknown): void;
}

export interface RedisServer {
  /** `rediss://` */
  readonly url: string;
  kill(): Promise<void>;
  /** Again, with nothing in it. */
  start(): Promise<void>;
}

export async function startRedis(t: Teardown): Promise<RedisServer> {
  const folder = temporaryFolder(t);
  const { app, upstreamCa } = await makeTestPki();
  const files = { cert: app.certPem, key: app.keyPem, ca: upstreamCa.certPem };
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(folder, name), text);
  const port = await freePort();
  const config = [`port 0`, `tls-port ${port}`, 'bind 127.0.0.1', 'save ""', `dir ${folder}`];
  config.push('tls-cert-file cert', 'tls-key-file key', 'tls-ca-cert-file ca', 'tls-auth-clients yes');
  writeFileSync(path.join(folder, 'redis.conf'), config.join('\n'));
  let redis: ChildProcess | undefined;
  const start = async (): Promise<void> => {
    const child = spawn('redis-server', ['redis.conf'], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    redis = child;
    t.teardown(() => child.kill('SIGKILL'));
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
    await until(() => said.includes('Ready to accept connections'));
  };
  await start();
  return {
    url: `rediss://localhost:${port}/0`,
    kill: async () => {
      if (redis === undefined) return;
      redis.kill('SIGKILL');
      await once(redis, 'exit');
    },
    start,
  };
}
