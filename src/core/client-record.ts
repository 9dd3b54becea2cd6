// A client's certificate as records and the log tell of it.
import type { ClientRecord } from './observer.ts';

/** As far as this looks at what was read from a certificate. */
export interface ReadCertificate {
  readonly subject: string;
  readonly sha256: string;
  readonly serial: string;
  /** By type: `email`, `dns`, … */
  readonly names: object;
}

export function clientRecord({ subject, sha256, serial, names }: ReadCertificate): ClientRecord {
  const subjectAltNames = Object.entries(names as Record<string, readonly string[]>).flatMap(
    ([type, texts]) => texts.map((name) => `${type}:${name}`),
  );
  return { subject, subjectAltNames, sha256, serial };
}
