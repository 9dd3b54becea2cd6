// From a setting to a listening socket: TCP of one family or both, or a unix socket.
import { once } from 'node:events';
import { lstat, unlink } from 'node:fs/promises';
import { createConnection, type ListenOptions, type Server } from 'node:net';
import type { HeldSocket } from './held-socket.ts';

export interface TcpAddress {
  /** Absent: every address of the machine, IPv4 and IPv6. */
  readonly host?: string;
  readonly port: number;
}

export type ListenAddress = TcpAddress | { readonly path: string };

/** Where a server really listens: the port that the system chose, or the path of a unix socket. */
export type BoundAddress = { readonly host: string; readonly port: number } | { readonly path: string };

/** Starts listening, on an address or on a socket that another process holds. Throws the system's error (EADDRINUSE, EACCES, …). */
export async function listenOn(
  server: Server,
  address: ListenAddress | HeldSocket,
  reusePort: boolean,
): Promise<BoundAddress> {
  if ('handle' in address) {
    server.listen(address.handle);
    await once(server, 'listening');
    return boundAddress(server);
  }
  if ('path' in address) {
    await removeStaleSocket(address.path);
    await listen(server, { path: address.path });
    return { path: address.path };
  }
  const { host, port } = address;
  if (host !== undefined) await listen(server, { host, port, reusePort });
  else {
    try {
      await listen(server, { host: '::', port, reusePort });
    } catch (error) {
      if (!isNoIPv6(error)) throw error;
      await listen(server, { host: '0.0.0.0', port, reusePort });
    }
  }
  return boundAddress(server);
}

function boundAddress(server: Server): BoundAddress {
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('no address after listening');
  return { host: bound.address, port: bound.port };
}

async function listen(server: Server, options: ListenOptions): Promise<void> {
  server.listen(options);
  await once(server, 'listening');
}

/** This machine has none. */
export function isNoIPv6(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'EAFNOSUPPORT' || code === 'EADDRNOTAVAIL';
}

/** A socket that nobody answers on is left over from a crash; one that answers is somebody's, as is any other file. */
async function removeStaleSocket(path: string): Promise<void> {
  const probe = createConnection({ path });
  try {
    await once(probe, 'connect');
  } catch (error) {
    // Connecting to a plain file is refused, too.
    const isRefused = (error as NodeJS.ErrnoException).code === 'ECONNREFUSED';
    if (isRefused && (await lstat(path)).isSocket()) await unlink(path);
  } finally {
    probe.destroy();
  }
}
