// The configuration of `sallyport dev`: what a user would write for the demo apps, every identity header on.
import type { DevCertificates } from '../../app/development.ts';
import type { ConfigInput } from '../../config/schema.ts';
import type { DemoName } from '../demo/demo-apps.ts';

/** Which app answers for which host; the start page also where no name is asked for. */
const ROUTES: readonly (readonly [host: string, app: DemoName])[] = [
  ['localhost', 'start'],
  ['127.0.0.1', 'start'],
  ['[::1]', 'start'],
  ['sallyport.localhost', 'start'],
  ['whoami.sallyport.localhost', 'whoami'],
  ['echo.sallyport.localhost', 'echo'],
];

export interface DevConfigParts {
  readonly certificates: Pick<DevCertificates, 'files'>;
  /** Of the CA for people; undefined: nothing was ever taken back. */
  readonly crlFile?: string | undefined;
  /** `https://127.0.0.1:PORT` of each demo app. */
  readonly appUrls: Readonly<Record<DemoName, string>>;
  /** Where to listen, as the setting `address`. */
  readonly address: readonly string[];
}

/** File names in it are as `certificates` has them. */
export function devConfig({
  certificates: { files },
  crlFile,
  appUrls,
  address,
}: DevConfigParts): ConfigInput {
  return {
    address,
    certificate_file: files.server.cert,
    certificate_key_file: files.server.key,
    downstream_mtls: {
      ca_file: files['client-ca'].cert,
      ...(crlFile !== undefined && { crl_file: crlFile }),
    },
    upstream_mtls: { cert_file: files['upstream-client'].cert, key_file: files['upstream-client'].key },
    identity_headers: { client_cert: true, client_cert_chain: true, x_forwarded_client_cert: true },
    // On a laptop whoever is refused is whoever wants to know why.
    show_error_details: true,
    routes: ROUTES.map(([host, app]) => ({
      from: `https://${host}`,
      to: appUrls[app],
      tls_custom_ca_file: files.ca.cert,
      tls_upstream_server_name: `${app}.sallyport.localhost`,
      allow_websockets: true,
    })),
  };
}
