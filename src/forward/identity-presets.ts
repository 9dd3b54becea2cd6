// The client's certificate in the headers that nginx, Traefik and HAProxy are usually told to send, for apps that parse
// those. Where the original lets a certificate forge a field, the value is escaped or the header left out.
import { createHash } from 'node:crypto';
import type { FlatHeaders } from '../core/flat-headers.ts';
import { attributesOf } from '../core/name-attributes.ts';
import { certificatePem } from '../core/pem-text.ts';
import type { CertificateFacts, Identity } from '../exchange/identity.ts';
import { escapeSubject } from './header-escapes.ts';

export type IdentityPreset = 'nginx' | 'traefik' | 'haproxy';

export const PRESETS: Readonly<Record<IdentityPreset, (identity: Identity) => FlatHeaders>> = {
  nginx,
  traefik,
  haproxy,
};

/** The names of ingress-nginx, with the values of nginx's variables `$ssl_client_*`. */
function nginx({ leaf }: Identity): FlatHeaders {
  return [
    'ssl-client-verify',
    'SUCCESS',
    'ssl-client-subject-dn',
    escapeSubject(leaf.subject),
    'ssl-client-issuer-dn',
    escapeSubject(leaf.issuer),
    'ssl-client-serial',
    leaf.serial.toUpperCase(),
    'ssl-client-fingerprint',
    sha1(leaf.der),
    'ssl-client-cert',
    encodeURIComponent(certificatePem(leaf.der)),
  ];
}

/** `passTLSClientCert` with `pem: true` and every `info`. */
function traefik({ leaf, chain }: Identity): FlatHeaders {
  const certificates = [leaf.der, ...chain].map((der) => der.toString('base64')).join(',');
  const fields = ['X-Forwarded-Tls-Client-Cert', certificates];
  const info = traefikInfo(leaf);
  if (info !== undefined) fields.push('X-Forwarded-Tls-Client-Cert-Info', info);
  return fields;
}

const TRAEFIK_ORDER = ['DC', 'C', 'ST', 'L', 'O', 'OU', 'serialNumber', 'CN'] as const;

/** Undefined where a value would end its quotes, or pass for another: Traefik itself escapes nothing there. */
function traefikInfo(leaf: CertificateFacts): string | undefined {
  const { dns, email, ip, uri } = leaf.names;
  const names = [...dns, ...email, ...ip, ...uri];
  const [subject, issuer] = [traefikName(leaf.subject), traefikName(leaf.issuer)];
  if (subject === undefined || issuer === undefined || names.some((name) => /[",;\\]/.test(name)))
    return undefined;
  const fields = [
    `Subject="${subject}"`,
    `Issuer="${issuer}"`,
    `SerialNumber="${BigInt(`0x${leaf.serial.replace('-', '')}`)}"`,
    `NB="${Math.floor(leaf.notBefore / 1000)}"`,
    `NA="${Math.floor(leaf.notAfter / 1000)}"`,
  ];
  if (names.length > 0) fields.push(`SAN="${names.join(',')}"`);
  return queryEscape(fields.join(';'));
}

function traefikName(text: string): string | undefined {
  const attributes = attributesOf(text);
  const pairs = TRAEFIK_ORDER.flatMap((type) =>
    (attributes.get(type) ?? []).map((value) => [type === 'serialNumber' ? 'SN' : type, value] as const),
  );
  if (pairs.some(([, value]) => /[",;=\\]/.test(value))) return undefined;
  return pairs.map(([type, value]) => `${type}=${value}`).join(',');
}

/** Go's url.QueryEscape. */
function queryEscape(text: string): string {
  return encodeURIComponent(text)
    .replaceAll(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+');
}

/** The headers of HAProxy's documentation, with the values of its fetches `ssl_c_*`. */
function haproxy({ leaf }: Identity): FlatHeaders {
  const fields = [
    'X-SSL-Client-Verify',
    '0',
    'X-SSL-Client-SHA1',
    sha1(leaf.der).toUpperCase(),
    'X-SSL-Client-DN',
    slashed(leaf.subject),
  ];
  const [cn] = attributesOf(leaf.subject).get('CN') ?? [];
  if (cn !== undefined) fields.push('X-SSL-Client-CN', utf8(cn));
  fields.push(
    'X-SSL-Client-Issuer',
    slashed(leaf.issuer),
    'X-SSL-Client-NotBefore',
    compactTime(leaf.notBefore),
    'X-SSL-Client-NotAfter',
    compactTime(leaf.notAfter),
  );
  return fields;
}

/**
 * HAProxy's one line: `/C=DE/CN=Alice`, most general first, UTF-8 as it is. A slash in a value, which there could pass
 * for another attribute, is `\x2F`.
 */
function slashed(name: string): string {
  const parts = Array.from(
    name.matchAll(/([A-Za-z0-9.]+)=((?:\\.|[^\\,+])*)(?:[,+]|$)/gsu),
    ([, type = '', value = '']) =>
      `/${type}=${utf8(value.replaceAll(/\\(.)/gsu, '$1').replaceAll('/', '\\x2F'))}`,
  );
  return parts.toReversed().join('');
}

/** Text as the bytes of its UTF-8, one character each: how a header value is written. */
function utf8(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/** `YYMMDDhhmmssZ`. */
function compactTime(time: number): string {
  return `${new Date(time).toISOString().slice(2, 19).replaceAll(/[-:T]/g, '')}Z`;
}

/** Lower-case hex. */
function sha1(der: Buffer): string {
  return createHash('sha1').update(der).digest('hex');
}
