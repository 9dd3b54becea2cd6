// Sallyport itself, from the sources.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { APP_NAME, EDGE_NAME } from '../run/certificates.ts';
import type { Peer, PeerContext } from './peer.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');

const configuration = ({ port, upstreamPort, certificates: pki }: PeerContext): string => `
address: 127.0.0.1:${port}
certificates:
  - cert: ${pki.edge.certFile}
    key: ${pki.edge.keyFile}
downstream_mtls:
  ca_file: ${pki.clientCaFile}
upstream_mtls:
  cert_file: ${pki.proxy.certFile}
  key_file: ${pki.proxy.keyFile}
max_connections_per_address: 10000
routes:
  - from: https://${EDGE_NAME}
    to: https://127.0.0.1:${upstreamPort}
    tls_custom_ca_file: ${pki.serverCaFile}
    tls_upstream_server_name: ${APP_NAME}
`;

export const sallyport: Peer = {
  name: 'sallyport',
  install: 'npm ci',
  settings: 'run from the sources; defaults but for `max_connections_per_address`',
  isHybridCapable: true,
  version: () => {
    const manifest = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as { version: string };
    return `${manifest.version} on Node ${process.versions.node}`;
  },
  prepare: (context) => {
    const file = path.join(context.folder, 'routes.yaml');
    const log = path.join(context.folder, 'access.log');
    writeFileSync(file, configuration(context));
    return {
      command: process.execPath,
      args: [path.join(ROOT, 'src/cli/bin.ts'), 'run', '-c', file, '--log-format', 'json'],
      outputFile: log,
      accessLog: log,
    };
  },
};
