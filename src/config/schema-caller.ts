// Settings about what the apps are told of the caller, beyond what they always are.
import { z } from 'zod';
import { count, file, flag, headerName, pem, word } from './schema-values.ts';

const setHeaders = () =>
  z.record(headerName(), z.string(), {
    error: 'expected names and values, such as X-User: ${client_cert.san_email}',
  });
const removeHeaders = () => z.array(headerName());
const passIdentity = () =>
  flag().describe(
    'Tells the app who is calling in a signed assertion (a JWT, ES256, five minutes) that it can verify: docs/verify-assertion.md.',
  );

export const presets = () =>
  z
    .array(word(['nginx', 'traefik', 'haproxy', 'envoy', 'rfc9440']))
    .describe(
      'The headers that apps behind these parse: `nginx` (as ingress-nginx), `traefik`, `haproxy`, `envoy` (X-Forwarded-Client-Cert), `rfc9440` (Client-Cert and Client-Cert-Chain).',
    );

export const callerHeaders = {
  trusted_proxies: z
    .array(z.string())
    .min(1, { error: 'the list is empty: give the addresses of the proxies in front' })
    .exactOptional()
    .describe(
      'Proxies in front whose `X-Forwarded-For`, `-Proto` and `-Host` are believed: addresses, blocks such as `10.0.0.0/8`, or `unix` for unix sockets. The client is then the first address from the right that is none of them. Default: nobody is believed.',
    ),
  xff_num_trusted_hops: count()
    .exactOptional()
    .describe(
      'How many of `trusted_proxies` are in front of each other: the client is the so-manieth address of `X-Forwarded-For` from the right, whatever it is.',
    ),
  set_request_headers: setHeaders()
    .default({})
    .describe(
      'Headers for every app, with variables such as ${client_cert.san_email}: docs/headers.md. One whose variable has no value is left out. What clients send under these names is removed, on every route.',
    ),
  remove_request_headers: removeHeaders()
    .default([])
    .describe('Headers of the client that no app gets, in any case and punctuation.'),
  pass_identity_headers: passIdentity().prefault(false),
  signing_key_file: file()
    .exactOptional()
    .describe(
      'Path of the keys for assertions: EC P-256 in PEM. The first signs, all are published, so that a new one can be put in front. Default: a key made at the start, good for this process alone.',
    ),
  signing_key: pem()
    .exactOptional()
    .describe('The same as `signing_key_file`, written here: PEM, or the base64 of PEM.'),
  jwt_assertion_header: headerName()
    .prefault('X-Pomerium-Jwt-Assertion')
    .describe('Name of the header with the assertion.'),
  jwt_issuer_format: word(['hostOnly', 'uri'])
    .default('hostOnly')
    .describe('What `iss` of an assertion is: the host that was asked for, or `https://host/`.'),
  jwks_public: flag()
    .prefault(false)
    .describe(
      'Gives the public keys of assertions to everybody whose connection is answered, without a client certificate too.',
    ),
};

export const routeCallerHeaders = {
  set_request_headers: setHeaders()
    .default({})
    .describe('Headers for this app, beside those for all; of the same name the one here counts.'),
  remove_request_headers: removeHeaders()
    .default([])
    .describe('Headers of the client that this app does not get, beside those that none gets.'),
  pass_identity_headers: passIdentity().exactOptional(),
};
