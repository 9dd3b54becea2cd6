// The revoked certificates of a list: 100,000 of them are read in a tenth of a second, in steps, so that a thread that
// serves can turn to something else in between.
import { DerCursor, TAG, contentOf, integerHex, timeOf } from './der.ts';

/** Serial, as `CertificateFacts.serial`, -> where its entry stands in the DER. */
export type CrlEntries = ReadonlyMap<string, number>;

export interface CrlEntry {
  /** Milliseconds since the epoch. */
  readonly revokedAt: number;
  /** As RFC 5280 5.3.1 names it; undefined where none is given. */
  readonly reason: string | undefined;
}

const REASONS = [
  'unspecified',
  'keyCompromise',
  'cACompromise',
  'affiliationChanged',
  'superseded',
  'cessationOfOperation',
  'certificateHold',
  undefined,
  'removeFromCRL',
  'privilegeWithdrawn',
  'aACompromise',
];
const REASON_CODE = '551d15';
/** Critical ones that are understood: the reason, the date of invalidity. */
const UNDERSTOOD: ReadonlySet<string> = new Set([REASON_CODE, '551d18']);
const ENTRIES_A_STEP = 500;

/** Yields between steps. Throws on what is no DER, and on an entry with a condition that is not understood. */
export function* readEntries(list: DerCursor): Generator<undefined, CrlEntries> {
  const entries = new Map<string, number>();
  let left = ENTRIES_A_STEP;
  while (!list.isDone) {
    const entry = list.next(TAG.sequence);
    const cursor = list.within(entry);
    const { from, to } = cursor.next(TAG.integer);
    entries.set(integerHex(list.der, from, to), entry.start);
    cursor.next();
    const extensions = cursor.optional(TAG.sequence);
    cursor.finish();
    if (extensions !== undefined) checkExtensions(cursor.within(extensions));
    if (--left > 0) continue;
    left = ENTRIES_A_STEP;
    yield;
  }
  return entries;
}

/** RFC 5280 5.3: a list with a critical entry extension that is not understood must not be used. */
function checkExtensions(extensions: DerCursor): void {
  while (!extensions.isDone) {
    const { oid, isCritical } = readExtension(extensions);
    if (isCritical && !UNDERSTOOD.has(oid))
      throw new Error('an entry has a critical extension that is not known');
  }
}

/** What the entry at this offset says. */
export function entryAt(der: Buffer, offset: number): CrlEntry {
  const whole = new DerCursor(der, offset);
  const entry = whole.within(whole.next(TAG.sequence));
  entry.next(TAG.integer);
  const revokedAt = timeOf(der, entry.next());
  const list = entry.optional(TAG.sequence);
  if (list === undefined) return { revokedAt, reason: undefined };
  const extensions = entry.within(list);
  while (!extensions.isDone) {
    const { oid, value } = readExtension(extensions);
    if (oid !== REASON_CODE) continue;
    const code = new DerCursor(value).next(TAG.enumerated);
    return { revokedAt, reason: REASONS[value[code.from] ?? 0] };
  }
  return { revokedAt, reason: undefined };
}

export interface RawExtension {
  /** Hex of the encoded OID: `551d15` is 2.5.29.21. */
  readonly oid: string;
  readonly isCritical: boolean;
  readonly value: Buffer;
}

/** The next extension of a list of them. */
export function readExtension(list: DerCursor): RawExtension {
  const { der } = list;
  const cursor = list.within(list.next(TAG.sequence));
  const oid = contentOf(der, cursor.next(TAG.oid)).toString('hex');
  const critical = cursor.optional(TAG.boolean);
  const isCritical = critical !== undefined && der[critical.from] !== 0;
  const value = contentOf(der, cursor.next(TAG.octetString));
  return { oid, isCritical, value };
}
