// http-proxy 1.18.1: the incumbent on Node. See docs/decisions/0001-http-proxy.md.
import { createRequire } from 'node:module';
import path from 'node:path';
import { APP_NAME } from '../run/certificates.ts';
import type { Peer } from './peer.ts';

/** What `http-proxy-server.ts` gets as JSON. */
export interface HttpProxySettings {
  readonly port: number;
  readonly upstreamUrl: string;
  readonly appName: string;
  readonly accessLog: string;
  readonly edgeCertFile: string;
  readonly edgeKeyFile: string;
  readonly clientCaFile: string;
  readonly proxyCertFile: string;
  readonly proxyKeyFile: string;
  readonly serverCaFile: string;
}

export const httpProxy: Peer = {
  name: 'http-proxy',
  install: 'npm ci',
  settings: '`https` server and keep-alive agent of Node; access log by pino, buffered (4 KiB)',
  isHybridCapable: true,
  version: () => {
    const manifest = createRequire(import.meta.url)('http-proxy/package.json') as { version: string };
    return `${manifest.version} on Node ${process.versions.node}`;
  },
  prepare: ({ folder, port, upstreamPort, certificates: pki }) => {
    const settings: HttpProxySettings = {
      port,
      upstreamUrl: `https://127.0.0.1:${upstreamPort}`,
      appName: APP_NAME,
      accessLog: path.join(folder, 'access.log'),
      edgeCertFile: pki.edge.certFile,
      edgeKeyFile: pki.edge.keyFile,
      clientCaFile: pki.clientCaFile,
      proxyCertFile: pki.proxy.certFile,
      proxyKeyFile: pki.proxy.keyFile,
      serverCaFile: pki.serverCaFile,
    };
    return {
      command: process.execPath,
      args: [
        '--disable-warning=DEP0060',
        path.join(import.meta.dirname, 'http-proxy-server.ts'),
        JSON.stringify(settings),
      ],
      outputFile: path.join(folder, 'output.log'),
      accessLog: settings.accessLog,
    };
  },
};
