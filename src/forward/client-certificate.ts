// The verified certificate as headers: RFC 9440 and Envoy's X-Forwarded-Client-Cert. Made once an identity, and only
// from one that passed: presence of these headers means 'verified', never 'shown'.
import type { FlatHeaders } from '../core/flat-headers.ts';
import type { Identity } from '../exchange/identity.ts';
import { escapeSubject, quoteName } from './header-escapes.ts';

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
  for (const uri of leaf.names.uri) pairs.push(`URI=${quoteName(uri)}`);
  for (const dns of leaf.names.dns) pairs.push(`DNS=${quoteName(dns)}`);
  return pairs.join(';');
}
