// A certificate revocation list (RFC 5280 section 5) as a value. Parsed strictly: what is not understood in full must not
// decide, so it is refused where it is loaded. Lists are never given to `tls`, which reads one of many and wants one of
// every issuer.
import { type KeyObject, createHash } from 'node:crypto';
import { AsnConvert } from '@peculiar/asn1-schema';
import { AlgorithmIdentifier, Name } from '@peculiar/asn1-x509';
import { SallyportError } from '../core/errors.ts';
import {
  type CrlEntries,
  type CrlEntry,
  type RawExtension,
  entryAt,
  readEntries,
  readExtension,
} from './crl-entries.ts';
import { COVERS_ALL, type CrlCoverage, parseCoverage } from './crl-points.ts';
import { DerCursor, TAG, contentOf, integerHex, timeOf, wholeOf } from './der.ts';
import { distinguishedNameText } from './distinguished-name.ts';
import { type Signed, isSignature } from './signature.ts';
import { isStrongSignature, signatureHash } from './signature-hash.ts';

const AUTHORITY_KEY = '551d23';
const CRL_NUMBER = '551d14';
const DELTA_INDICATOR = '551d1b';
const ISSUING_POINT = '551d1c';
const UNDERSTOOD: ReadonlySet<string> = new Set([AUTHORITY_KEY, CRL_NUMBER, DELTA_INDICATOR, ISSUING_POINT]);

interface CrlFields extends Signed {
  readonly der: Buffer;
  readonly issuer: string;
  readonly thisUpdate: number;
  readonly nextUpdate: number | undefined;
  readonly number: bigint | undefined;
  readonly deltaBase: bigint | undefined;
  readonly coverage: CrlCoverage;
  readonly issuingPoint: string;
  readonly entries: CrlEntries;
  readonly entriesSha256: string;
}

export class Crl {
  readonly der: Buffer;
  /** Lower-case hex of SHA-256 over the DER. */
  readonly sha256: string;
  /** RFC 4514 text. */
  readonly issuer: string;
  /** Milliseconds since the epoch. */
  readonly thisUpdate: number;
  /** Milliseconds since the epoch; undefined: it does not say, and so is out of date from the start. */
  readonly nextUpdate: number | undefined;
  readonly number: bigint | undefined;
  /** Of a delta list: the number of the complete list that it adds to. */
  readonly deltaBase: bigint | undefined;
  readonly coverage: CrlCoverage;
  /** Equal for lists of the same partition. */
  readonly issuingPoint: string;
  readonly entries: CrlEntries;
  /** Equal where the same certificates are revoked, for the same reasons. */
  readonly entriesSha256: string;
  readonly #fields: CrlFields;
  /** By fingerprint of the key. */
  readonly #signedBy = new Map<string, boolean>();

  constructor(fields: CrlFields) {
    this.der = fields.der;
    this.sha256 = createHash('sha256').update(fields.der).digest('hex');
    this.issuer = fields.issuer;
    this.thisUpdate = fields.thisUpdate;
    this.nextUpdate = fields.nextUpdate;
    this.number = fields.number;
    this.deltaBase = fields.deltaBase;
    this.coverage = fields.coverage;
    this.issuingPoint = fields.issuingPoint;
    this.entries = fields.entries;
    this.entriesSha256 = fields.entriesSha256;
    this.#fields = fields;
  }

  /** What it says of a serial, as `CertificateFacts.serial`; undefined: nothing. */
  entry(serial: string): CrlEntry | undefined {
    const offset = this.entries.get(serial);
    return offset === undefined ? undefined : entryAt(this.der, offset);
  }

  /** Whether this key signed it. Worked out once a key (`spkiSha256` tells them apart): 5 ms for 100,000 entries. */
  isSignedBy(key: KeyObject, spkiSha256: string): boolean {
    let isSigned = this.#signedBy.get(spkiSha256);
    if (isSigned === undefined) {
      isSigned = isSignature(this.#fields, key);
      this.#signedBy.set(spkiSha256, isSigned);
    }
    return isSigned;
  }
}

/** Parses DER. Throws `client_certificate_invalid` with the reason as context: malformed, too weak, not understood. */
export function parseCrl(der: Buffer): Crl {
  const steps = parseCrlInSteps(der);
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}

/** The same in steps of less than a millisecond. */
export function* parseCrlInSteps(der: Buffer): Generator<undefined, Crl> {
  try {
    return new Crl(yield* readFields(der));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new SallyportError('client_certificate_invalid', `unusable revocation list: ${why}`, error);
  }
}

function* readFields(der: Buffer): Generator<undefined, CrlFields> {
  const outer = new DerCursor(der);
  const list = outer.within(outer.next(TAG.sequence));
  outer.finish();
  const tbs = list.next(TAG.sequence);
  const algorithm = wholeOf(der, list.next(TAG.sequence));
  const bits = contentOf(der, list.next(TAG.bitString));
  list.finish();
  const fields = outer.within(tbs);
  fields.optional(TAG.integer);
  if (!wholeOf(der, fields.next(TAG.sequence)).equals(algorithm)) throw new Error('two signature algorithms');
  const issuer = distinguishedNameText(AsnConvert.parse(wholeOf(der, fields.next(TAG.sequence)), Name));
  const thisUpdate = timeOf(der, fields.next());
  const next = fields.optional(TAG.utcTime) ?? fields.optional(TAG.generalizedTime);
  const revoked = fields.optional(TAG.sequence);
  const extensions = readExtensions(fields);
  fields.finish();
  const point = extensions.get(ISSUING_POINT)?.value;
  const identifier = AsnConvert.parse(algorithm, AlgorithmIdentifier);
  const hash = signatureHash(identifier);
  if (!isStrongSignature(hash)) throw new Error(`it is signed with ${hash}, which is too weak to rely on`);
  return {
    der,
    issuer,
    thisUpdate,
    nextUpdate: next && timeOf(der, next),
    number: integerOf(extensions.get(CRL_NUMBER)),
    deltaBase: integerOf(extensions.get(DELTA_INDICATOR)),
    coverage: point === undefined ? COVERS_ALL : parseCoverage(point, issuer),
    issuingPoint: point?.toString('hex') ?? '',
    entries: revoked === undefined ? new Map() : yield* readEntries(fields.within(revoked)),
    entriesSha256: createHash('sha256')
      .update(revoked === undefined ? '' : contentOf(der, revoked))
      .digest('hex'),
    signed: wholeOf(der, tbs),
    signature: bits.subarray(1),
    algorithm: { oid: identifier.algorithm, hash },
  };
}

function readExtensions(fields: DerCursor): ReadonlyMap<string, RawExtension> {
  const extensions = new Map<string, RawExtension>();
  const explicit = fields.optional(0xa0);
  if (explicit === undefined) return extensions;
  const holder = fields.within(explicit);
  const list = holder.within(holder.next(TAG.sequence));
  while (!list.isDone) {
    const extension = readExtension(list);
    if (extensions.has(extension.oid)) throw new Error('an extension twice');
    if (extension.isCritical && !UNDERSTOOD.has(extension.oid))
      throw new Error('it has a critical extension that is not known');
    extensions.set(extension.oid, extension);
  }
  return extensions;
}

function integerOf(extension: RawExtension | undefined): bigint | undefined {
  if (extension === undefined) return undefined;
  const { value } = extension;
  const hex = integerHex(contentOf(value, new DerCursor(value).next(TAG.integer)));
  if (hex.startsWith('-')) throw new Error('a number below zero');
  return BigInt(`0x${hex}`);
}
