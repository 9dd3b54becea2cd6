// A server that ends TLS itself, behind a proxy that does not: an echo behind mutual TLS, with a certificate of a CA that
// the proxy has never heard of.
import { once } from 'node:events';
import { type AddressInfo, type Server, type Socket, createServer } from 'node:net';
import { TLSSocket } from 'node:tls';
import { parseProxyHeader } from '../../src/edge/proxy-header.ts';
import { issueServer } from '../../src/pki/issue.ts';
import { makeTestPki, makeTestRoot } from './certificates.ts';

export const DB = 'db.sallyport.localhost';
const pki = await makeTestPki();
export const dbCa = await makeTestRoot('The CA of the database');
const dbCertificate = await issueServer(dbCa, {
  commonName: 'db',
  days: 1,
  names: { dns: [DB, '*.db.localhost'] },
});

export interface Database {
  readonly to: string;
  readonly server: Server;
  /** What came before TLS, and whose certificate was shown. */
  readonly seen: { header: Buffer; client: string }[];
}

/** With `hasHeader` a header of the PROXY protocol comes first, and is set aside. */
export async function startDatabase(
  t: { teardown(fn: () => unknown): void },
  { hasHeader = false } = {},
): Promise<Database> {
  const seen: Database['seen'] = [];
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (raw) => {
    sockets.add(raw);
    raw.on('error', () => {});
    const serve = (header: Buffer): void => {
      const secure = new TLSSocket(raw, {
        isServer: true,
        key: dbCertificate.keyPem,
        cert: dbCertificate.certPem,
        ca: pki.clientCa.certPem,
        requestCert: true,
        rejectUnauthorized: true,
      });
      secure.on('error', () => raw.destroy());
      secure.once('secure', () =>
        seen.push({ header, client: String(secure.getPeerCertificate().subject?.CN) }),
      );
      secure.pipe(secure);
    };
    if (!hasHeader) serve(Buffer.alloc(0));
    else
      raw.once('readable', () => {
        const bytes = raw.read() as Buffer;
        const parsed = parseProxyHeader(bytes);
        const length = typeof parsed === 'object' && 'length' in parsed ? parsed.length : 0;
        raw.unshift(bytes.subarray(length));
        serve(bytes.subarray(0, length));
      });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { to: `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`, server, seen };
}
