// Rows about the client's own certificate: who signed it, what it is for, when, how strong.
import type { Issued } from '../../src/pki/issue-certificate.ts';
import { certificatePem } from '../../src/pki/pem.ts';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsageExtension,
  Extension,
} from '../../src/pki/x509-library.ts';
import { makeTestIntermediate, makeTestPki, makeTestRoot } from './certificates.ts';
import {
  CLIENT_AUTH,
  type ClientCase,
  EXPIRED,
  NO_ISSUER,
  PASSES,
  SERVER_AUTH,
  ago,
  plus,
  usage,
} from './client-case.ts';

const ANY = '2.5.29.37.0';
const NULL_VALUE = Buffer.from('0500', 'hex');

/** The last bit of the signature is another one. */
function tampered(issued: Issued): Issued {
  const der = Buffer.from(issued.der);
  der.writeUInt8(der.readUInt8(der.length - 1) ^ 1, der.length - 1);
  return { ...issued, der, certPem: certificatePem(der) };
}

export async function makeLeafCases(): Promise<ClientCase[]> {
  const { clientCa, upstreamCa, client, upstreamClient, issueClient, issueServer } = await makeTestPki();
  const twin = await makeTestRoot('Test client CA');
  const deepRoot = await makeTestRoot('Deep root', { pathLength: 1 });
  const selfSigned = await makeTestRoot('Self', {
    extensions: (profile) => [
      new BasicConstraintsExtension(false, undefined, true),
      ...profile.filter(({ type }) => type !== '2.5.29.19' && type !== '2.5.29.15'),
    ],
  });
  return [
    { name: 'an EC certificate of the CA', client, ...PASSES },
    { name: 'an EC P-384 certificate', client: await issueClient({ keyAlgorithm: 'ec-p384' }), ...PASSES },
    { name: 'an RSA 2048 certificate', client: await issueClient({ keyAlgorithm: 'rsa-2048' }), ...PASSES },
    { name: 'an Ed25519 certificate', client: await issueClient({ keyAlgorithm: 'ed25519' }), ...PASSES },
    { name: 'no certificate', client: undefined, verdict: 'none_sent', openssl: 'UNABLE_TO_GET_ISSUER_CERT' },
    {
      name: 'a self-signed certificate',
      client: selfSigned,
      verdict: 'unknown_issuer',
      openssl: 'DEPTH_ZERO_SELF_SIGNED_CERT',
    },
    {
      name: "another CA's certificate",
      client: upstreamClient,
      verdict: 'unknown_issuer',
      openssl: NO_ISSUER,
    },
    {
      name: "another CA's certificate, with that CA",
      client: upstreamClient,
      chain: [upstreamCa],
      verdict: 'unknown_issuer',
      openssl: 'SELF_SIGNED_CERT_IN_CHAIN',
    },
    {
      name: 'a CA of the same name with another key',
      client: await issueClient({}, twin),
      verdict: 'unknown_issuer',
      openssl: NO_ISSUER,
    },
    {
      name: 'a signature with one bit changed',
      client: tampered(client),
      verdict: 'bad_signature',
      openssl: 'CERT_SIGNATURE_FAILURE',
    },
    {
      name: 'a certificate issued by a mere leaf',
      client: await issueClient({}, client),
      chain: [client],
      depth: 0,
      verdict: 'unknown_issuer',
      openssl: 'UNSPECIFIED',
    },
    {
      name: 'an expired certificate',
      client: await issueClient(EXPIRED),
      verdict: 'expired',
      openssl: 'CERT_HAS_EXPIRED',
    },
    {
      name: 'a certificate of the future',
      client: await issueClient({ notBefore: ago(-1) }),
      verdict: 'not_yet_valid',
      openssl: 'CERT_NOT_YET_VALID',
    },
    {
      name: 'a server certificate',
      client: await issueServer({}, clientCa),
      verdict: 'wrong_eku',
      openssl: 'INVALID_PURPOSE',
    },
    {
      name: 'an expired server certificate',
      client: await issueServer(EXPIRED, clientCa),
      verdict: 'wrong_eku',
      openssl: 'CERT_HAS_EXPIRED',
    },
    { name: 'no extended key usage', client: await issueClient(usage()), ...PASSES },
    {
      name: 'any extended key usage',
      client: await issueClient(usage(ANY)),
      verdict: 'wrong_eku',
      openssl: 'INVALID_PURPOSE',
    },
    { name: 'both usages', client: await issueClient(usage(SERVER_AUTH, CLIENT_AUTH)), ...PASSES },
    {
      name: 'a CA as the leaf',
      client: await makeTestIntermediate(deepRoot, 'Upper'),
      anchors: [deepRoot],
      verdict: 'is_a_ca',
      openssl: 'INVALID_PURPOSE',
    },
    { name: 'the anchor as the leaf', client: clientCa, verdict: 'is_a_ca', openssl: 'INVALID_PURPOSE' },
    {
      name: 'an unknown critical extension',
      client: await issueClient(plus(new Extension('1.2.3.4', true, NULL_VALUE))),
      verdict: 'unknown_critical_extension',
      openssl: 'UNSPECIFIED',
    },
    {
      name: 'an unknown extension that is not critical',
      client: await issueClient(plus(new Extension('1.2.3.4', false, NULL_VALUE))),
      ...PASSES,
    },
    {
      name: 'an RSA key of 1024 bits',
      client: await issueClient({ keyAlgorithm: 'rsa-1024' }),
      verdict: 'weak_key',
      openssl: 'UNSPECIFIED',
    },
    {
      name: 'a SHA-1 signature',
      client: await issueClient({ signatureHash: 'SHA-1' }),
      verdict: 'weak_signature',
      openssl: 'UNSPECIFIED',
    },
    {
      name: 'a NUL in a DNS name',
      client: await issueClient({ names: { dns: ['alice.test\0.evil.test'] } }),
      verdict: 'malformed',
      openssl: 'ok',
    },
    {
      name: 'a line break in the common name',
      client: await issueClient({ commonName: 'Alice\nAdmin' }),
      verdict: 'malformed',
      openssl: 'ok',
    },
    {
      name: 'an extension given twice',
      client: await issueClient(plus(new ExtendedKeyUsageExtension([CLIENT_AUTH]))),
      verdict: 'malformed',
      openssl: NO_ISSUER,
    },
  ];
}
