// Caddy, HTTP/1.1 only, as everything here.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { APP_NAME, EDGE_NAME } from '../run/certificates.ts';
import { versionOf, type Peer, type PeerContext } from './peer.ts';

const configuration = ({ folder, port, upstreamPort, certificates: pki }: PeerContext): string => `
{
  admin off
  auto_https off
  servers {
    protocols h1
  }
}

https://${EDGE_NAME}:${port} {
  bind 127.0.0.1
  tls ${pki.edge.certFile} ${pki.edge.keyFile} {
    protocols tls1.3
    curves x25519
    client_auth {
      mode require_and_verify
      trusted_ca_cert_file ${pki.clientCaFile}
    }
  }
  log {
    output file ${folder}/access.log {
      roll_disabled
    }
    format json
  }
  reverse_proxy https://127.0.0.1:${upstreamPort} {
    header_up X-Request-Id {http.request.uuid}
    header_up X-Forwarded-Client-Cert "Hash={http.request.tls.client.fingerprint};Subject=\\"{http.request.tls.client.subject}\\""
    transport http {
      versions 1.1
      compression off
      keepalive 300s
      keepalive_idle_conns_per_host 256
      tls_client_auth ${pki.proxy.certFile} ${pki.proxy.keyFile}
      tls_trusted_ca_certs ${pki.serverCaFile}
      tls_server_name ${APP_NAME}
    }
  }
}
`;

export const caddy: Peer = {
  name: 'caddy',
  install: 'apt-get install caddy',
  settings: 'HTTP/1.1 only; up to 256 idle upstream connections; access log as it comes, without rotation',
  isHybridCapable: false,
  version: () => versionOf('caddy', ['version'], /^v?(\d+\.\d+\.\d+)/m),
  prepare: (context) => {
    const file = path.join(context.folder, 'Caddyfile');
    writeFileSync(file, configuration(context));
    return {
      command: 'caddy',
      args: ['run', '--config', file, '--adapter', 'caddyfile'],
      env: {
        HOME: context.folder,
        XDG_DATA_HOME: context.folder,
        XDG_CONFIG_HOME: context.folder,
      },
      outputFile: path.join(context.folder, 'output.log'),
      accessLog: path.join(context.folder, 'access.log'),
    };
  },
};
