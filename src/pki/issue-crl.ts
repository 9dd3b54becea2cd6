// Makes a certificate revocation list (RFC 5280 section 5), signed by the CA whose certificates it takes back.
import { createPrivateKey } from 'node:crypto';
import { AsnConvert } from '@peculiar/asn1-schema';
import { CRLNumber, id_ce_cRLNumber } from '@peculiar/asn1-x509';
import { type KeyPair, signingKey } from './issue-certificate.ts';
import { pemOf } from './pem.ts';
import { Extension, X509Certificate, X509CrlGenerator, X509CrlReason } from './x509-library.ts';

const DAY_MS = 24 * 3_600_000;
const HASH = 'SHA-256';

export interface RevokedCertificate {
  /** Hex, as in `CertificateFacts.serial`. */
  readonly serial: string;
  /** Default: `thisUpdate`. */
  readonly revokedAt?: Date;
  /** Default: none given. */
  readonly reason?: keyof typeof X509CrlReason;
}

export interface CrlOptions {
  readonly revoked: readonly RevokedCertificate[];
  /** Counts upwards with every list of this CA. Default 1. */
  readonly number?: number;
  /** Default: an hour ago, for clocks that are a little behind. */
  readonly thisUpdate?: Date;
  /** Default: a week from now. */
  readonly nextUpdate?: Date;
  /** Gets the extensions of the profile, returns those to use. */
  readonly extensions?: (profile: readonly Extension[]) => readonly Extension[];
}

/** A list just made. */
export interface IssuedCrl {
  readonly crlPem: string;
  readonly der: Buffer;
}

/** Signs with the key of `issuer`, under the subject of its certificate. */
export async function issueCrl(issuer: KeyPair, options: CrlOptions): Promise<IssuedCrl> {
  const thisUpdate = options.thisUpdate ?? new Date(Date.now() - DAY_MS / 24);
  const number = new CRLNumber(options.number ?? 1);
  const profile = [new Extension(id_ce_cRLNumber, false, AsnConvert.serialize(number))];
  const crl = await X509CrlGenerator.create({
    issuer: new X509Certificate(issuer.certPem).subjectName,
    thisUpdate,
    nextUpdate: options.nextUpdate ?? new Date(Date.now() + 7 * DAY_MS),
    entries: options.revoked.map(({ serial, revokedAt, reason }) => ({
      serialNumber: serial,
      revocationDate: revokedAt ?? thisUpdate,
      ...(reason !== undefined && { reason: X509CrlReason[reason] }),
    })),
    signingAlgorithm: { name: 'ECDSA', hash: HASH },
    signingKey: signingKey(createPrivateKey(issuer.keyPem), HASH),
    extensions: [...(options.extensions?.(profile) ?? profile)],
  });
  const der = Buffer.from(crl.rawData);
  return { crlPem: pemOf('X509 CRL', der), der };
}
