// An address that bytes are passed on to as they are.
import { connect, type Socket } from 'node:net';
import { SallyportError } from '../core/errors.ts';

export interface TcpTarget {
  /** `tcp://10.0.0.7:5432`. */
  readonly name: string;
  readonly host: string;
  readonly port: number;
}

/** Keep-alive of TCP: a peer that vanished without a word is noticed, though bytes may rest for hours. */
const OPTIONS = { noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000, allowHalfOpen: true };

/** Throws `upstream_unreachable`. */
export async function connectTcp({ host, port, name }: TcpTarget, timeoutMs: number): Promise<Socket> {
  return await new Promise((resolve, reject) => {
    const socket = connect({ host, port, ...OPTIONS });
    const fail = (why: string, cause?: unknown): void => {
      clearTimeout(timer);
      socket.destroy();
      reject(new SallyportError('upstream_unreachable', `${name}: ${why}`, cause));
    };
    const onError = (error: NodeJS.ErrnoException): void => fail(error.code ?? error.message, error);
    const timer = setTimeout(() => fail('no connection in time'), timeoutMs);
    socket.once('error', onError);
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.off('error', onError);
      resolve(socket);
    });
  });
}
