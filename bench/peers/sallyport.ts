// Sallyport itself, from the sources.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { APP_NAME, EDGE_NAME } from '../run/certificates.ts';
import type { Peer, PeerContext, PeerLaunch } from './peer.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');

export interface SallyportOptions {
  /** A route each, with more settings of its own. */
  readonly variants?: readonly string[];
  /** Lines of settings for all of them. */
  readonly settings?: string;
  /** The checkout to run; default this one. */
  readonly root?: string;
  /** Of Node. */
  readonly flags?: readonly string[];
}

const configuration = (
  { port, upstreamPort, certificates: pki }: PeerContext,
  { variants = [''], settings: shared = '' }: SallyportOptions,
): string => `
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
${shared}
routes:
${variants
  .map(
    (settings) => `  - from: https://${EDGE_NAME}
    to: https://127.0.0.1:${upstreamPort}
    tls_custom_ca_file: ${pki.serverCaFile}
    tls_upstream_server_name: ${APP_NAME}
${settings}`,
  )
  .join('')}`;

/** Writes the configuration; runs from the sources. Its log goes beside the configuration. */
export function prepareSallyport(context: PeerContext, options: SallyportOptions = {}): PeerLaunch {
  const { root = ROOT, flags = [] } = options;
  const config = path.join(context.folder, 'routes.yaml');
  const log = path.join(context.folder, 'access.log');
  writeFileSync(config, configuration(context, options));
  return {
    command: process.execPath,
    args: [...flags, path.join(root, 'src/cli/bin.ts'), 'run', '-c', config, '--log-format', 'json'],
    outputFile: log,
    accessLog: log,
  };
}

const PIPELINING = 'upstream_pipelining: 16';

const shared = {
  install: 'npm ci',
  isHybridCapable: true,
  version: () => {
    const manifest = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as { version: string };
    return `${manifest.version} on Node ${process.versions.node}`;
  },
};

export const sallyport: Peer = {
  ...shared,
  name: 'sallyport',
  settings: 'run from the sources; defaults but for `max_connections_per_address`',
  prepare: (context) => prepareSallyport(context),
};

export const sallyportPipelined: Peer = {
  ...shared,
  name: 'sallyport-pipelined',
  settings: `the same with \`${PIPELINING}\``,
  prepare: (context) => prepareSallyport(context, { settings: PIPELINING }),
};
