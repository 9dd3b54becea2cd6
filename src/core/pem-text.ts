// DER as PEM text (RFC 7468).

/** One certificate as PEM, 64 characters a line. */
export function certificatePem(der: Buffer): string {
  return pemOf('CERTIFICATE', der);
}

/** One block, 64 characters a line (RFC 7468 section 2). */
export function pemOf(label: string, der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
