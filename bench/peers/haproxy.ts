// HAProxy, one thread, logging to its standard output.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { APP_NAME } from '../run/certificates.ts';
import { versionOf, type Peer, type PeerContext } from './peer.ts';

const configuration = ({ port, upstreamPort, certificates: pki }: PeerContext): string => `
global
  nbthread 1
  maxconn 8000
  log stdout format raw local0

defaults
  mode http
  log global
  timeout connect 10s
  timeout client 300s
  timeout server 300s
  timeout http-keep-alive 300s
  http-reuse always
  unique-id-format %[uuid()]
  unique-id-header X-Request-Id
  log-format '{"time":"%t","id":"%ID","client":"%[ssl_c_s_dn,json]","fingerprint":"%[ssl_c_sha1,hex]","tls":"%sslv","cipher":"%sslc","resumed":%[ssl_fc_is_resumed],"request":"%[capture.req.method] %[capture.req.uri,json]","status":%ST,"upstream":"%si:%sp","in":%U,"out":%B,"duration":%Ta,"upstream_duration":%Tr}'

frontend edge
  bind 127.0.0.1:${port} backlog 4096 ssl crt ${pki.edge.bundleFile} ca-file ${pki.clientCaFile} verify required ssl-min-ver TLSv1.3 curves X25519 alpn http/1.1
  http-request set-header X-Forwarded-For %[src]
  http-request set-header X-Forwarded-Proto https
  http-request set-header X-Forwarded-Client-Cert Hash=%[ssl_c_der,sha2(256),hex];Subject=\\"%[ssl_c_s_dn]\\"
  default_backend app

backend app
  server app 127.0.0.1:${upstreamPort} ssl crt ${pki.proxy.bundleFile} ca-file ${pki.serverCaFile} verify required sni str(${APP_NAME}) verifyhost ${APP_NAME} ssl-min-ver TLSv1.3 pool-max-conn 256
`;

export const haproxy: Peer = {
  name: 'haproxy',
  install: 'apt-get install haproxy',
  settings: 'one thread; `http-reuse always`; access log to standard output, unbuffered',
  isHybridCapable: false,
  version: () => versionOf('haproxy', ['-v'], /HAProxy version (\d+\.\d+\.\d+)/),
  prepare: (context) => {
    const file = path.join(context.folder, 'haproxy.cfg');
    const log = path.join(context.folder, 'access.log');
    writeFileSync(file, configuration(context));
    return { command: 'haproxy', args: ['-db', '-f', file], outputFile: log, accessLog: log };
  },
};
