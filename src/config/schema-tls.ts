// Settings about certificates: what the proxy shows to clients, what it demands of them, what it shows to the apps.
import { z } from 'zod';
import { listFetching, revocation } from './schema-revocation.ts';
import { count, duration, file, flag, pem, word } from './schema-values.ts';

const certificatePair = z.strictObject({
  cert: file().describe('Path of the certificate chain in PEM, leaf first.'),
  key: file().describe('Path of its private key in PEM.'),
});

/** Certificates for the hosts that clients ask for, chosen by server name; the first one when none fits. */
export const edgeCertificates = {
  certificate_file: file()
    .exactOptional()
    .describe('Path of the certificate chain that clients see, in PEM, leaf first. Watched and read again.'),
  certificate_key_file: file()
    .exactOptional()
    .describe('Path of the private key of `certificate_file`, in PEM.'),
  certificate: pem()
    .exactOptional()
    .describe('The same as `certificate_file`, written here: PEM, or the base64 of PEM.'),
  certificate_key: pem()
    .exactOptional()
    .describe('The same as `certificate_key_file`, written here: PEM, or the base64 of PEM.'),
  certificates: z
    .array(certificatePair)
    .default([])
    .describe(
      'More certificates. A host gets the one that names it exactly, else one with a wildcard for its first label, else the first.',
    ),
  certificates_dir: file()
    .exactOptional()
    .describe(
      'Folder of more certificates: `NAME.crt` with `NAME.key`, `NAME.pem` with both in it, and folders as certbot and acme.sh make them. Watched for what comes and goes.',
    ),
  ocsp_stapling: flag()
    .prefault(true)
    .describe(
      'Clients that ask get the OCSP answer about the certificate that they are shown, where its CA names a responder. It is fetched in the background.',
    ),
  session_timeout: duration({ min: 1000, max: 300_000 })
    .prefault('300s')
    .describe('How long a TLS session may be resumed without a full handshake. At most 300s.'),
};

/** What clients must show, without defaults: for all hosts, and again for single ones. */
const mtls = {
  ca_file: file()
    .exactOptional()
    .describe('Path of the CAs whose client certificates are accepted, in PEM. Roots or intermediates.'),
  ca: pem().exactOptional().describe('The same as `ca_file`, written here: PEM, or the base64 of PEM.'),
  client_certificate: word(['require', 'request', 'none'])
    .exactOptional()
    .describe(
      '`require`: nobody comes in without a certificate that passes. `request`: clients are asked for one, and policy says what they may do without. `none`: they are not asked. Default: `require` with a CA, else `none`.',
    ),
  enforcement: word(['policy_with_default_deny', 'reject_connection', 'policy']).describe(
    '`policy_with_default_deny`: the handshake completes and a bad certificate is answered in HTTP, with a page that says why. `reject_connection`: it is closed in TLS. `policy`: the same as `client_certificate: request`.',
  ),
  max_verify_depth: count({ min: 0, max: 100 }).describe(
    'Most certificates in a chain without its trust anchor: 1 admits only what an anchor issued directly. 0 means no limit.',
  ),
  ...revocation,
};

/** What clients must show. */
export const downstreamMtls = z
  .strictObject({
    ...mtls,
    enforcement: mtls.enforcement.default('policy_with_default_deny'),
    max_verify_depth: mtls.max_verify_depth.prefault(1),
    crl_scope: mtls.crl_scope.default('chain'),
    crl_freshness: mtls.crl_freshness.default('strict'),
    crl_grace: mtls.crl_grace.prefault('24h'),
    ocsp: mtls.ocsp.default('off'),
    deny: mtls.deny.default([]),
    ...listFetching,
  })
  .prefault({})
  .describe('What clients must show. Without a CA here only a proxy whose every route is public starts.');

/** The same where one host differs: what is not said here is as it is for all. */
export const hostMtls = z.strictObject({
  ...mtls,
  enforcement: mtls.enforcement.exactOptional(),
  max_verify_depth: mtls.max_verify_depth.exactOptional(),
  crl_scope: mtls.crl_scope.exactOptional(),
  crl_freshness: mtls.crl_freshness.exactOptional(),
  crl_grace: mtls.crl_grace.exactOptional(),
  ocsp: mtls.ocsp.exactOptional(),
  deny: mtls.deny.exactOptional(),
});

/** What the proxy shows to every app, and which CAs it accepts there. */
export const upstreamTls = {
  upstream_mtls: z
    .strictObject({
      cert_file: file()
        .exactOptional()
        .describe('Path of the certificate chain that the apps see, in PEM, leaf first.'),
      key_file: file().exactOptional().describe('Path of its private key in PEM.'),
      cert: pem()
        .exactOptional()
        .describe('The same as `cert_file`, written here: PEM, or the base64 of PEM.'),
      key: pem().exactOptional().describe('The same as `key_file`, written here: PEM, or the base64 of PEM.'),
    })
    .prefault({})
    .describe("Sallyport's own identity, shown to every app that asks for a client certificate."),
  certificate_authority_file: file()
    .exactOptional()
    .describe('Path of CAs that apps may have, in PEM, added to the roots of the system.'),
  certificate_authority: pem()
    .exactOptional()
    .describe('The same as `certificate_authority_file`, written here: PEM, or the base64 of PEM.'),
};

/** Which headers tell the app who is calling; every inbound copy is removed, whatever is set here. */
export const identityHeaders = {
  client_cert: flag().describe('`Client-Cert`: the client certificate (RFC 9440).'),
  client_cert_chain: flag().describe('`Client-Cert-Chain`: the rest of its chain (RFC 9440).'),
  x_forwarded_client_cert: flag().describe("`X-Forwarded-Client-Cert` in Envoy's grammar."),
};
