// A gigabyte each way: it streams, so the proxy's memory hardly grows, however slowly the other side reads.
import { once } from 'node:events';
import { request } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import t from 'tap';
import { startApp } from '../support/app.ts';
import { makeTestPki } from '../support/certificates.ts';
import { clientOptions } from '../support/client.ts';
import { baseConfig } from '../support/proxy.ts';
import { forkProxy, type ProxyProcess } from '../support/proxy-process.ts';

const HOST = 'app.sallyport.localhost';
const MIB = 1024 * 1024;
const TOTAL = 1024 * MIB;
const CHUNK = Buffer.alloc(MIB, 'x');

interface Writing {
  write(chunk: Buffer): boolean;
  end(): unknown;
  once(event: 'drain', listener: () => void): unknown;
}

function pour(into: Writing, bytes: number): void {
  let left = bytes;
  const more = (): void => {
    while (left > 0) {
      left -= CHUNK.length;
      if (!into.write(CHUNK)) return void into.once('drain', more);
    }
    into.end();
  };
  more();
}

/** Reads it all and counts; now and then not for a moment, where it is to be slow. */
async function swallow(from: AsyncIterable<unknown>, isSlow: boolean): Promise<number> {
  let bytes = 0;
  let next = 0;
  for await (const chunk of from) {
    bytes += (chunk as Buffer).length;
    if (!isSlow || bytes < next) continue;
    next = bytes + 32 * MIB;
    await wait(20);
  }
  return bytes;
}

/** The most by which memory grew while `work` ran. */
async function growth(proxy: ProxyProcess, work: () => Promise<void>): Promise<number> {
  const before = proxy.residentBytes();
  let most = before;
  const timer = setInterval(() => (most = Math.max(most, proxy.residentBytes())), 20);
  await work();
  clearInterval(timer);
  return most - before;
}

t.test('a body of 1 GiB goes up and another down, and the proxy grows by less than 64 MiB', async (t) => {
  if (process.platform !== 'linux') {
    t.plan(0, 'memory is read from /proc, which is Linux');
    return;
  }
  const pki = await makeTestPki();
  const app = await startApp(t, (asked, response) => {
    if (asked.method === 'GET') pour(response, Number(asked.url?.slice(1)));
    else void swallow(asked, asked.url === '/slow').then((bytes) => response.end(String(bytes)));
  });
  const proxy = await forkProxy(t, {
    ...baseConfig(pki),
    routes: [{ from: `https://${HOST}`, to: app.url }],
  });
  const ask = async (method: string, path: string, bytes: number): Promise<IncomingMessage> => {
    const outgoing = request({
      ...(clientOptions(pki, proxy.port) as object),
      agent: false,
      method,
      path,
      headers: { host: HOST, ...(bytes > 0 && { 'content-length': bytes }) },
    });
    if (bytes > 0) pour(outgoing, bytes);
    else outgoing.end();
    const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
    return answer;
  };
  const up = async (path: string, bytes: number): Promise<void> => {
    const [chunk] = (await (await ask('POST', path, bytes)).toArray()) as Buffer[];
    t.equal(Number(String(chunk)), bytes, 'all of it arrived');
  };
  const down = async (bytes: number, isSlow: boolean): Promise<void> => {
    t.equal(await swallow(await ask('GET', `/${bytes}`, 0), isSlow), bytes);
  };
  // A collector that has never had work to do yet is no leak.
  await up('/', TOTAL / 4);
  await down(TOTAL / 4, false);
  for (const [what, work] of [
    ['up', () => up('/', TOTAL)],
    ['down', () => down(TOTAL, false)],
    ['up to a slow app', () => up('/slow', TOTAL / 4)],
    ['down to a slow client', () => down(TOTAL / 4, true)],
  ] as const) {
    const began = performance.now();
    const grown = await growth(proxy, work);
    t.comment(`${what}: ${Math.round(grown / MIB)} MiB more, ${Math.round(performance.now() - began)} ms`);
    t.ok(grown < 64 * MIB, `${what}: ${Math.round(grown / MIB)} MiB more`);
  }
});
