// An app that is no HTTP behind the proxy, and clients that reach it by CONNECT, in HTTP/1.1 and in HTTP/2.
import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { ConnectionOptions } from 'node:tls';
import type { Test } from 'tap';
import type { ConfigInput } from '../../src/config/schema.ts';
import type { ProxyOptions } from '../../src/app/proxy-contract.ts';
import { clientOptions, openClient } from './client.ts';
import { openH2 } from './h2-client.ts';
import { type RunningProxy, startProxy } from './proxy.ts';
import { startRawUpstream } from './raw-upstream.ts';
import { until } from './until.ts';

export const DB_HOST = 'db.sallyport.localhost';
/** What clients ask for. */
export const DB = `${DB_HOST}:5432`;
export const FROM_DB = `tcp+https://${DB}`;

type Route = ConfigInput['routes'][number];

export interface TunnelProxy extends RunningProxy {
  readonly options: ConnectionOptions;
  readonly open: (version?: Version) => Promise<Duplex>;
}

export type Version = 'HTTP/1.1' | 'HTTP/2';
export const VERSIONS: readonly Version[] = ['HTTP/1.1', 'HTTP/2'];

export const connectHead = (target: string): string =>
  `CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n\r\n`;

/** One route for CONNECT, and one for requests beside it. */
export async function startTunnelProxy(
  t: Test,
  route: Partial<Route> & Pick<Route, 'to'>,
  more: Partial<ConfigInput> = {},
  options: ProxyOptions = {},
): Promise<TunnelProxy> {
  const web = { from: 'https://app.sallyport.localhost', response: { body: 'web' } };
  const running = await startProxy(t, { routes: [{ from: FROM_DB, ...route }, web], ...more }, options);
  const shown = clientOptions(running.pki, running.port, { servername: DB_HOST });
  return {
    ...running,
    options: shown,
    open: (version = 'HTTP/1.1') => openTunnel(t, shown, version),
  };
}

/** Past the 200, with nothing read of what comes behind it; half open, as `nc` is. */
export async function openTunnel(t: Test, shown: ConnectionOptions, version: Version): Promise<Duplex> {
  if (version === 'HTTP/2') {
    const session = await openH2(t, shown);
    const stream = session.request({ ':method': 'CONNECT', ':authority': DB }, { endStream: false });
    stream.on('error', () => {});
    const [{ ':status': status }] = await once(stream, 'response');
    if (status !== 200) throw new Error(String(status));
    return stream;
  }
  const socket = await openClient(t, shown);
  socket.allowHalfOpen = true;
  socket.write(connectHead(DB));
  let head = '';
  while (!head.endsWith('\r\n\r\n')) {
    const byte = socket.read(1) as Buffer | null;
    if (byte === null) await once(socket, 'readable');
    else head += byte.toString('latin1');
  }
  if (!head.startsWith('HTTP/1.1 200 OK\r\n')) throw new Error(head);
  return socket;
}

export interface RawApp {
  readonly to: string;
  readonly port: number;
  /** The n-th connection that it got. */
  readonly socket: (n?: number) => Promise<Socket>;
  readonly connections: () => number;
}

/** Says and closes nothing by itself. */
export async function startRawApp(t: Test, secure?: Parameters<typeof startRawUpstream>[2]): Promise<RawApp> {
  const app = await startRawUpstream(t, (socket) => (socket.allowHalfOpen = true), secure);
  return {
    to: secure === undefined ? `tcp://127.0.0.1:${app.port}` : `tls://localhost:${app.port}`,
    port: app.port,
    socket: (n = 0) => until(() => app.sockets[n]),
    connections: () => app.sockets.length,
  };
}

/** Reads until there are so many bytes. */
export async function readBytes(stream: Duplex, bytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  const take = (chunk: Buffer): void => {
    chunks.push(chunk);
    length += chunk.length;
  };
  stream.on('data', take);
  stream.resume();
  await until(() => length >= bytes);
  stream.off('data', take);
  stream.pause();
  return Buffer.concat(chunks);
}

/** Until its other end has said all; ours stays open. */
export async function readToEnd(stream: Duplex): Promise<string> {
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  stream.resume();
  await once(stream, 'end');
  return Buffer.concat(chunks).toString();
}
