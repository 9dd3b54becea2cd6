// A TCP socket that is bound here for other processes to listen on: it stays, and with it whoever waits in the kernel's
// queue, while one of them is replaced by another, or all of them are.
import { lookup } from 'node:dns/promises';
import net from 'node:net';
import { getSystemErrorName } from 'node:util';
import { isNoIPv6, type TcpAddress } from './address.ts';

/** Can be sent to a child, and given to `net.Server.listen` there. */
export interface HeldSocket {
  readonly handle: Handle;
}

/** What Node has below a server. */
interface Handle {
  close(): void;
  getsockname(out: { port?: number }): number;
}

/** Undocumented, see docs/decisions/0004. A negative number is an error of the system's. */
type CreateServerHandle = (
  ip: string,
  port: number,
  family: number,
  fd: -1,
  flags: number,
) => Handle | number;

/** Of libuv. */
const UV_TCP_REUSEPORT = 2;

/** Throws the system's error (EADDRINUSE, EACCES, …). */
export async function holdSocket({ host, port }: TcpAddress, reusePort: boolean): Promise<HeldSocket> {
  return { handle: await bindHost(host, port, reusePort ? UV_TCP_REUSEPORT : 0) };
}

async function bindHost(host: string | undefined, port: number, flags: number): Promise<Handle> {
  if (host !== undefined) {
    const { address, family } = await lookup(host);
    return bind(address, port, family, flags);
  }
  try {
    return bind('::', port, 6, flags);
  } catch (error) {
    if (!isNoIPv6(error)) throw error;
    return bind('0.0.0.0', port, 4, flags);
  }
}

function bind(ip: string, port: number, family: number, flags: number): Handle {
  const { _createServerHandle: create } = net as unknown as { _createServerHandle: CreateServerHandle };
  const handle = create(ip, port, family, -1, flags);
  if (typeof handle === 'number') throw systemError(getSystemErrorName(handle), ip, port);
  if (port === 0) return handle;
  // libuv keeps an address in use to itself until somebody listens, who would then get any port that is free.
  const bound: { port?: number } = {};
  handle.getsockname(bound);
  if (bound.port === port) return handle;
  handle.close();
  throw systemError('EADDRINUSE', ip, port);
}

function systemError(code: string, ip: string, port: number): NodeJS.ErrnoException {
  return Object.assign(new Error(`bind ${code} ${ip}:${port}`), { code, syscall: 'bind' });
}
