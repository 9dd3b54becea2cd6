// The app behind every proxy: nginx, or a plain Node server where there is none. It demands a client certificate and
// serves /1k, /16k, /10m, /sink, which answers once it has the whole body, and /told, which says what a proxy told it about the caller.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { nginxPreamble, nginxTemporaryPaths, nginxVersion } from '../peers/nginx.ts';
import type { Launch } from '../peers/peer.ts';
import type { BenchCertificates } from './certificates.ts';

export const BODIES: Readonly<Record<string, number>> = { '1k': 1024, '16k': 16_384, '10m': 10 * 1024 ** 2 };

export interface UpstreamSettings {
  readonly folder: string;
  readonly port: number;
  readonly certificates: BenchCertificates;
}

/** What /told answers with, one a line: these headers, then the subject of the certificate that the proxy showed. */
export const TOLD_HEADERS = ['x-forwarded-for', 'x-request-id', 'x-forwarded-client-cert'] as const;

const configuration = ({ folder, port, certificates: pki }: UpstreamSettings): string => `
${nginxPreamble(folder)}
http {
${nginxTemporaryPaths(folder)}
  access_log off;
  keepalive_requests 1000000000;
  keepalive_timeout 300s;
  open_file_cache max=10 inactive=300s;
  open_file_cache_valid 300s;
  server {
    listen 127.0.0.1:${port} ssl backlog=4096;
    ssl_protocols TLSv1.3;
    ssl_ecdh_curve X25519;
    ssl_certificate ${pki.app.certFile};
    ssl_certificate_key ${pki.app.keyFile};
    ssl_client_certificate ${pki.upstreamCaFile};
    ssl_verify_client on;
    root ${folder}/bodies;
    location = /1k { return 200 "${'x'.repeat(1024)}"; }
    location = /sink {
      client_max_body_size 0;
      client_body_buffer_size 16m;
      proxy_pass_request_body off;
      proxy_set_header Content-Length "";
      proxy_pass https://127.0.0.1:${port}/empty;
      proxy_ssl_protocols TLSv1.3;
      proxy_ssl_certificate ${pki.proxy.certFile};
      proxy_ssl_certificate_key ${pki.proxy.keyFile};
    }
    location = /empty { return 200; }
    location = /told {
      return 200 "${[...TOLD_HEADERS.map((name) => `$http_${name.replaceAll('-', '_')}`), '$ssl_client_s_dn'].join('\\n')}";
    }
  }
}
`;

/** How to start the upstream and what it is called; nginx gets its files written. */
export interface UpstreamLaunch extends Launch {
  readonly name: string;
}

export function prepareUpstream(settings: UpstreamSettings): UpstreamLaunch {
  const { folder } = settings;
  const version = nginxVersion();
  if (version === undefined) return plainUpstream(settings);
  mkdirSync(path.join(folder, 'temporary'));
  mkdirSync(path.join(folder, 'bodies'));
  for (const [name, bytes] of Object.entries(BODIES))
    writeFileSync(path.join(folder, 'bodies', name), 'x'.repeat(bytes));
  const file = path.join(folder, 'nginx.conf');
  writeFileSync(file, configuration(settings));
  return {
    name: `nginx ${version}`,
    command: 'nginx',
    args: ['-e', path.join(folder, 'error.log'), '-c', file],
    outputFile: path.join(folder, 'output.log'),
  };
}

/** The one that is always there. */
export function plainUpstream({ folder, port, certificates: pki }: UpstreamSettings): UpstreamLaunch {
  const script = path.join(import.meta.dirname, 'plain-upstream.ts');
  return {
    name: `a plain TLS server on Node ${process.versions.node}, since nginx is not installed`,
    command: process.execPath,
    args: [script, String(port), pki.app.certFile, pki.app.keyFile, pki.upstreamCaFile],
    outputFile: path.join(folder, 'upstream.log'),
  };
}
