// Where the load goes and how a connection to it is made: name resolved, files read and the TLS context built once, so
// that a new connection costs its handshake and nothing else. The server's certificate is always verified.
import { lookup } from 'node:dns/promises';
import { readFileSync } from 'node:fs';
import { isIP, type OnReadOpts } from 'node:net';
import tls from 'node:tls';
import type { Plan } from './plan.ts';

/** `session` resumes; `onBytes` gets a buffer that is used again for the next read. */
export interface ConnectOptions {
  readonly session?: Buffer | undefined;
  readonly onBytes: (bytes: Buffer, length: number) => void;
}

export type Connect = (options: ConnectOptions) => tls.TLSSocket;

/** Throws when the name does not resolve, a file cannot be read or the key does not belong to the certificate. */
export async function openTarget(plan: Plan): Promise<Connect> {
  const hostname = plan.url.hostname.replace(/^\[|\]$/g, '');
  const host = await resolve(hostname);
  const port = plan.url.port === '' ? 443 : Number(plan.url.port);
  const servername = plan.sni ?? (isIP(hostname) === 0 ? hostname : '');
  const secureContext = tls.createSecureContext({
    ...(plan.certFile !== undefined && { cert: readFileSync(plan.certFile) }),
    ...(plan.keyFile !== undefined && { key: readFileSync(plan.keyFile) }),
    ...(plan.caFile !== undefined && { ca: readFileSync(plan.caFile) }),
    ...(plan.groups !== undefined && { ecdhCurve: plan.groups }),
  });
  // Every socket reads into the same memory: reads are handled to the end before the next one.
  const buffer = Buffer.allocUnsafe(65_536);
  return ({ session, onBytes }) => {
    const options: tls.ConnectionOptions & { noDelay: boolean; onread: OnReadOpts } = {
      host,
      port,
      servername,
      secureContext,
      rejectUnauthorized: true,
      ALPNProtocols: ['http/1.1'],
      noDelay: true,
      ...(session !== undefined && { session }),
      onread: {
        buffer,
        callback: (length) => {
          onBytes(buffer, length);
          return true;
        },
      },
    };
    return tls.connect(options);
  };
}

/** Names under .localhost are loopback whatever the resolver says (RFC 6761 6.3). */
async function resolve(hostname: string): Promise<string> {
  if (hostname === 'localhost' || hostname.endsWith('.localhost')) return '127.0.0.1';
  return isIP(hostname) === 0 ? (await lookup(hostname)).address : hostname;
}
