// What a header may say of whoever calls: the variables of `set_request_headers`. Every value comes from the handshake
// of this very connection, and only from a certificate that passed; a variable that has no value leaves its header out.
import { attributesOf } from '../core/name-attributes.ts';
import { certificatePem } from '../core/pem-text.ts';
import { spiffeIdOf } from '../core/spiffe-id.ts';
import type { Connection } from '../exchange/connection.ts';
import type { CertificateFacts, Identity } from '../exchange/identity.ts';
import { escapeName, escapeSubject, escapeText } from './header-escapes.ts';

export interface Caller {
  readonly connection: Connection;
  readonly identity: Identity | undefined;
}

type Variable = (caller: Caller) => string | undefined;
type LeafVariable = (leaf: CertificateFacts) => string | undefined;

const LEAF: Readonly<Record<string, LeafVariable>> = {
  subject: (leaf) => escapeSubject(leaf.subject),
  issuer: (leaf) => escapeSubject(leaf.issuer),
  cn: (leaf) => attribute(leaf, 'CN'),
  o: (leaf) => attribute(leaf, 'O'),
  ou: (leaf) => attribute(leaf, 'OU'),
  uid: (leaf) => attribute(leaf, 'UID'),
  serial: (leaf) => leaf.serial,
  fingerprint: (leaf) => leaf.sha256,
  spki_hash: (leaf) => leaf.spkiSha256,
  not_before: (leaf) => new Date(leaf.notBefore).toISOString(),
  not_after: (leaf) => new Date(leaf.notAfter).toISOString(),
  san_dns: (leaf) => list(leaf.names.dns),
  san_email: (leaf) => list(leaf.names.email),
  san_uri: (leaf) => list(leaf.names.uri),
  san_ip: (leaf) => list(leaf.names.ip),
  san_upn: (leaf) => list(leaf.names.upn),
  spiffe_id: (leaf) => spiffeIdOf(leaf.names.uri)?.id,
  pem: (leaf) => encodeURIComponent(certificatePem(leaf.der)),
  der: (leaf) => leaf.der.toString('base64'),
};

const ofLeaf =
  (read: LeafVariable): Variable =>
  ({ identity }) =>
    identity === undefined ? undefined : read(identity.leaf);

const VARIABLES = new Map<string, Variable>([
  ...Object.entries(LEAF).map(([name, read]): [string, Variable] => [`client_cert.${name}`, ofLeaf(read)]),
  ['client_cert.verified', ({ identity }) => (identity === undefined ? undefined : 'true')],
  // Pomerium's names.
  ...(['fingerprint', 'san_dns', 'san_email'] as const).map((name): [string, Variable] => [
    `pomerium.client_cert_${name}`,
    ofLeaf((leaf) => LEAF[name]?.(leaf)),
  ]),
  ['remote_addr', ({ connection }) => connection.remoteAddress || undefined],
  ['server_name', ({ connection }) => connection.sni],
  ['tls_version', ({ connection }) => connection.tlsVersion],
]);

export const VARIABLE_NAMES: readonly string[] = [...VARIABLES.keys()];

/** Undefined where there is no such variable. */
export function variable(name: string): Variable | undefined {
  return VARIABLES.get(name);
}

function attribute(leaf: CertificateFacts, name: string): string | undefined {
  const [first] = attributesOf(leaf.subject).get(name) ?? [];
  return first === undefined ? undefined : escapeText(first);
}

/** Comma-separated; a comma in a value is a percent pair. Undefined where there is none. */
function list(values: readonly string[]): string | undefined {
  return values.length === 0 ? undefined : values.map(escapeName).join(',');
}
