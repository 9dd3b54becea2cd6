// PEM text to certificates. Node's `tls` ignores what it cannot read, so counting and refusing happen here.
import { SallyportError } from '../core/errors.ts';

const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----\s*([A-Za-z0-9+/=\s]*?)-----END \1-----/g;

export interface PemBlock {
  /** `CERTIFICATE`, `PRIVATE KEY`, … */
  readonly label: string;
  readonly der: Buffer;
}

/**
 * Every block in order. Text between blocks is allowed, as CA bundles carry comments (RFC 7468 section 2), but a block
 * that is broken throws `client_certificate_invalid` instead of being passed over.
 */
export function parsePem(text: string): PemBlock[] {
  const blocks: PemBlock[] = [];
  const rest = text.replace(BLOCK, (_, label: string, base64: string) => {
    blocks.push({ label, der: Buffer.from(base64, 'base64') });
    return '';
  });
  const broken = /-----(?:BEGIN|END)[^\n]*/.exec(rest);
  if (broken) throw new SallyportError('client_certificate_invalid', `broken PEM block at '${broken[0]}'`);
  return blocks;
}

export { certificatePem, pemOf } from '../core/pem-text.ts';
