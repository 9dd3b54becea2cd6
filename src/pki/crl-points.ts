// Which partition of an issuer's revocation lists answers for a certificate: distribution points, as names that can be
// compared (RFC 5280 4.2.1.13, 5.2.5).
import { AsnConvert } from '@peculiar/asn1-schema';
import {
  CRLDistributionPoints,
  type DistributionPointName,
  type GeneralName,
  IssuingDistributionPoint,
  Name,
  type Reason,
} from '@peculiar/asn1-x509';
import { distinguishedNameText } from './distinguished-name.ts';
import { nameKey } from './name-key.ts';

/** Every reason there is for a revocation: bits 1 to 8 of ReasonFlags. */
export const ALL_REASONS = 0x1fe;

/** What a revocation list speaks of. */
export interface CrlCoverage {
  readonly subjects: 'all' | 'leaves' | 'cas' | 'none';
  /** Bits of ReasonFlags. */
  readonly reasons: number;
  /** Undefined: all certificates of the issuer. */
  readonly points: readonly string[] | undefined;
  readonly isIndirect: boolean;
}

export const COVERS_ALL: CrlCoverage = {
  subjects: 'all',
  reasons: ALL_REASONS,
  points: undefined,
  isIndirect: false,
};

/** Reads the issuing distribution point of a list. Throws on what is malformed. */
export function parseCoverage(value: Buffer, issuer: string): CrlCoverage {
  const point = AsnConvert.parse(value, IssuingDistributionPoint);
  const limits = [
    point.onlyContainsUserCerts && 'leaves',
    point.onlyContainsCACerts && 'cas',
    point.onlyContainsAttributeCerts && 'none',
  ].filter((limit) => limit !== false);
  if (limits.length > 1) throw new Error('an issuing distribution point with two limits');
  return {
    subjects: (limits[0] as CrlCoverage['subjects'] | undefined) ?? 'all',
    reasons: reasonsOf(point.onlySomeReasons),
    points: point.distributionPoint && pointNames(point.distributionPoint, issuer),
    isIndirect: point.indirectCRL,
  };
}

/** One place where a certificate says that its status is to be found. */
export interface CertificatePoint {
  readonly names: readonly string[];
  readonly reasons: number;
}

/** Reads the distribution points of a certificate; those of another CRL issuer are left out. Throws when malformed. */
export function parsePoints(value: Buffer, issuer: string): CertificatePoint[] {
  const points: CertificatePoint[] = [];
  for (const { distributionPoint, reasons, cRLIssuer } of AsnConvert.parse(value, CRLDistributionPoints))
    if (distributionPoint !== undefined && cRLIssuer === undefined)
      points.push({ names: pointNames(distributionPoint, issuer), reasons: reasonsOf(reasons) });
  return points;
}

function reasonsOf(reasons: Reason | undefined): number {
  return reasons === undefined ? ALL_REASONS : reasons.toNumber() & ALL_REASONS;
}

function pointNames(point: DistributionPointName, issuer: string): string[] {
  const relative = point.nameRelativeToCRLIssuer;
  if (relative !== undefined) {
    const last = distinguishedNameText(new Name([relative]));
    return [directoryPoint(issuer === '' ? last : `${last},${issuer}`)];
  }
  return (point.fullName ?? []).flatMap(fullName);
}

function fullName({ uniformResourceIdentifier, directoryName }: GeneralName): string[] {
  if (uniformResourceIdentifier !== undefined) return [`uri:${uniformResourceIdentifier}`];
  return directoryName === undefined ? [] : [directoryPoint(distinguishedNameText(directoryName))];
}

/** The name of a point that is a directory entry, from RFC 4514 text. */
export function directoryPoint(name: string): string {
  return `name:${nameKey(name)}`;
}
