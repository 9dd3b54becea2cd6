// nginx: the measure that the others are compared with.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { APP_NAME, EDGE_NAME } from '../run/certificates.ts';
import { versionOf, type Peer, type PeerContext } from './peer.ts';

/** The lines that any nginx of the bench begins with: one worker in the foreground, everything in its own folder. */
export const nginxPreamble = (folder: string): string => `
daemon off;
${process.getuid?.() === 0 ? 'user root;' : ''}
worker_processes 1;
worker_rlimit_nofile 20000;
pid ${folder}/nginx.pid;
error_log ${folder}/error.log warn;
events { worker_connections 16000; }`;

/** Where nginx would else write below /var. */
export const nginxTemporaryPaths = (folder: string): string =>
  ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `  ${name}_temp_path ${folder}/temporary;`)
    .join('\n');

export const nginxVersion = (): string | undefined => versionOf('nginx', ['-v'], /nginx\/(\S+)/);

const configuration = ({ folder, port, upstreamPort, certificates: pki }: PeerContext): string => `
${nginxPreamble(folder)}
http {
${nginxTemporaryPaths(folder)}
  log_format access escape=json '{"time":"$time_iso8601","id":"$request_id","client":"$ssl_client_s_dn",'
    '"fingerprint":"$ssl_client_fingerprint","tls":"$ssl_protocol","cipher":"$ssl_cipher","resumed":"$ssl_session_reused",'
    '"host":"$host","request":"$request","status":$status,"upstream":"$upstream_addr","in":$request_length,'
    '"out":$bytes_sent,"duration":$request_time,"upstream_duration":"$upstream_response_time"}';
  access_log ${folder}/access.log access buffer=64k flush=1s;
  keepalive_requests 1000000000;
  keepalive_timeout 300s;
  tcp_nodelay on;
  upstream app {
    server 127.0.0.1:${upstreamPort};
    keepalive 256;
    keepalive_requests 1000000000;
  }
  server {
    listen 127.0.0.1:${port} ssl backlog=4096;
    server_name ${EDGE_NAME};
    ssl_protocols TLSv1.3;
    ssl_ecdh_curve X25519;
    ssl_certificate ${pki.edge.certFile};
    ssl_certificate_key ${pki.edge.keyFile};
    ssl_client_certificate ${pki.clientCaFile};
    ssl_verify_client on;
    ssl_session_timeout 300s;
    location / {
      proxy_pass https://app;
      proxy_http_version 1.1;
      proxy_max_temp_file_size 0;
      proxy_request_buffering off;
      client_max_body_size 0;
      proxy_set_header Host $host;
      proxy_set_header Connection "";
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Forwarded-Proto https;
      proxy_set_header X-Request-Id $request_id;
      proxy_set_header X-Forwarded-Client-Cert 'Hash=$ssl_client_fingerprint;Subject="$ssl_client_s_dn"';
      proxy_ssl_protocols TLSv1.3;
      proxy_ssl_certificate ${pki.proxy.certFile};
      proxy_ssl_certificate_key ${pki.proxy.keyFile};
      proxy_ssl_trusted_certificate ${pki.serverCaFile};
      proxy_ssl_verify on;
      proxy_ssl_name ${APP_NAME};
      proxy_ssl_server_name on;
    }
  }
}
`;

export const nginx: Peer = {
  name: 'nginx',
  install: 'apt-get install nginx-light',
  settings:
    'one worker; access log buffered (64 KiB, 1 s); no temporary files, bodies passed on as they come; the hash in the identity header is SHA-1',
  isHybridCapable: false,
  version: nginxVersion,
  prepare: (context) => {
    const file = path.join(context.folder, 'nginx.conf');
    mkdirSync(path.join(context.folder, 'temporary'));
    writeFileSync(file, configuration(context));
    return {
      command: 'nginx',
      args: ['-e', path.join(context.folder, 'error.log'), '-c', file],
      outputFile: path.join(context.folder, 'output.log'),
      accessLog: path.join(context.folder, 'access.log'),
    };
  },
};
