// The verified certificate as headers: RFC 9440 and Envoy's X-Forwarded-Client-Cert. Made once an identity, and only
// from one that passed: presence of these headers means 'verified', never 'shown'.
import type { FlatHeaders } from '../core/flat-headers.ts';
import type { Identity } from '../exchange/identity.ts';

/** Which headers a route wants. */
export interface IdentityHeaders {
  /** `Client-Cert` (RFC 9440 2.2). */
  readonly client_cert: boolean;
  /** `Client-Cert-Chain` (RFC 9440 2.3): only beside `Client-Cert`. */
  readonly client_cert_chain: boolean;
  /** `X-Forwarded-Client-Cert` in Envoy's grammar, as SANITIZE_SET makes it. */
  readonly x_forwarded_client_cert: boolean;
}

export function identityFields(identity: Identity, wanted: IdentityHeaders): FlatHeaders {
  const fields: string[] = [];
  if (wanted.client_cert) {
    fields.push('Client-Cert', byteSequence(identity.leaf.der));
    if (wanted.client_cert_chain && identity.chain.length > 0)
      fields.push('Client-Cert-Chain', identity.chain.map(byteSequence).join(', '));
  }
  if (wanted.x_forwarded_client_cert) fields.push('X-Forwarded-Client-Cert', xfcc(identity));
  return fields;
}

/** Structured-field Byte Sequence (RFC 9651 3.3.5). */
function byteSequence(der: Buffer): string {
  return `:${der.toString('base64')}:`;
}

function xfcc({ leaf }: Identity): string {
  const pairs = [`Hash=${leaf.sha256}`, `Subject="${escapeSubject(leaf.subject)}"`];
  for (const uri of leaf.names.uri) pairs.push(`URI=${escapeName(uri)}`);
  for (const dns of leaf.names.dns) pairs.push(`DNS=${escapeName(dns)}`);
  return pairs.join(';');
}

/**
 * An RFC 4514 string that can stand in quotes. Readers differ over what `\\"` ends, so neither a quote nor a backslash
 * before one is ever written: both become hex pairs, which RFC 4514 means the same by. All of it ASCII.
 */
function escapeSubject(text: string): string {
  return text
    .replaceAll(/\\(["\\])|"|\\$/g, (match, escaped: string | undefined) =>
      escaped === '"' || match === '"' ? '\\22' : '\\5C',
    )
    .replaceAll(/[^\x20-\x7e]+/g, (run) => hexPairs(run, '\\'));
}

/** A name in a URI or DNS pair: unusual characters as percent pairs, quoted where a reader could see a separator. */
function escapeName(text: string): string {
  const plain = text.replaceAll(/[^\x21-\x7e]+|["\\]/g, (run) => hexPairs(run, '%'));
  return /[,;=]/.test(plain) ? `"${plain}"` : plain;
}

function hexPairs(text: string, mark: string): string {
  const bytes = [...Buffer.from(text)];
  return bytes.map((byte) => mark + byte.toString(16).toUpperCase().padStart(2, '0')).join('');
}
