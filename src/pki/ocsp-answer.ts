// An OCSP answer (RFC 6960 4.2) as a value. Whatever is not whole, not signed by whom the issuer has made answerable, or
// about another certificate is refused.
import {
  BasicOCSPResponse,
  OCSPResponse,
  OCSPResponseStatus,
  type SingleResponse,
} from '@peculiar/asn1-ocsp';
import { AsnConvert } from '@peculiar/asn1-schema';
import { CRLReasons } from '@peculiar/asn1-x509';
import { type Authority, isCurrent, parseAuthority } from './authority.ts';
import { DerCursor, TAG, integerHex } from './der.ts';
import { distinguishedNameText } from './distinguished-name.ts';
import { nameKey } from './name-key.ts';
import { type OcspId, type OcspQuestion, ocspIdOf } from './ocsp-question.ts';
import { isSignature } from './signature.ts';
import { isStrongSignature, signatureHash } from './signature-hash.ts';
import { weakness } from './strength.ts';

export interface OcspAnswer {
  readonly status: 'good' | 'revoked' | 'unknown';
  /** For the operator, in words. */
  readonly detail: string;
  /** Milliseconds since the epoch. */
  readonly thisUpdate: number;
  /** Milliseconds since the epoch: it is good for nothing from then on. */
  readonly until: number;
}

const BASIC = '1.3.6.1.5.5.7.48.1.1';
const OCSP_SIGNING = '1.3.6.1.5.5.7.3.9';
/** How far the clocks may differ. */
const SKEW_MS = 300_000;
/** How long an answer counts that does not say so itself. */
const UNSTATED_MS = 3_600_000;

/** Throws an Error that says why the answer does not count. `now`: milliseconds since the epoch. */
export function readOcspAnswer(der: Buffer, question: OcspQuestion, now: number): OcspAnswer {
  const basic = basicResponseIn(der);
  checkSigner(basic, question.issuer, now);
  const id = ocspIdOf(question);
  const { responses, responseExtensions = [] } = basic.tbsResponseData;
  const single = responses.find((one) => isAbout(one, id));
  if (single === undefined) throw new Error('it is about another certificate');
  if ([...responseExtensions, ...(single.singleExtensions ?? [])].some(({ critical }) => critical))
    throw new Error('it has a critical extension that is not known');
  const thisUpdate = single.thisUpdate.getTime();
  const until = single.nextUpdate?.getTime() ?? thisUpdate + UNSTATED_MS;
  if (thisUpdate > now + SKEW_MS) throw new Error(`it is of the future, ${isoText(thisUpdate)}`);
  if (until <= now) throw new Error(`it ended on ${isoText(until)}`);
  return { ...statusOf(single, thisUpdate), thisUpdate, until };
}

function basicResponseIn(der: Buffer): BasicOCSPResponse {
  const outer = new DerCursor(der);
  outer.next(TAG.sequence);
  outer.finish();
  const { responseStatus, responseBytes } = AsnConvert.parse(der, OCSPResponse);
  if (responseStatus !== OCSPResponseStatus.successful)
    throw new Error(`the responder says ${OCSPResponseStatus[responseStatus] ?? responseStatus}`);
  if (responseBytes?.responseType !== BASIC) throw new Error('it is of a kind that is not known');
  return AsnConvert.parse(responseBytes.response.buffer, BasicOCSPResponse);
}

/** The issuer itself, or whom it has certified for this (RFC 6960 4.2.2.2). */
function checkSigner(basic: BasicOCSPResponse, issuer: Authority, now: number): void {
  const { tbsResponseDataRaw, signature, signatureAlgorithm, certs = [] } = basic;
  const hash = signatureHash(signatureAlgorithm);
  if (!isStrongSignature(hash)) throw new Error(`it is signed with ${hash}, which is too weak to rely on`);
  if (tbsResponseDataRaw === undefined) throw new Error('nothing in it is signed');
  const signed = {
    signed: Buffer.from(tbsResponseDataRaw),
    signature: Buffer.from(signature),
    algorithm: { oid: signatureAlgorithm.algorithm, hash },
  };
  const delegates = certs.map((one) => parseAuthority(Buffer.from(AsnConvert.serialize(one))));
  const signers = [issuer, ...delegates.filter((one) => mayAnswerFor(issuer, one, now))];
  const named = signers.filter((one) => isNamed(basic, one));
  if (!named.some(({ publicKey }) => isSignature(signed, publicKey)))
    throw new Error(`it is not signed by '${issuer.facts.subject}' or whom it has certified for this`);
}

function mayAnswerFor(issuer: Authority, { facts, certificate }: Authority, now: number): boolean {
  return (
    facts.extendedKeyUsage?.includes(OCSP_SIGNING) === true &&
    isCurrent(facts, now) &&
    weakness(facts.key) === undefined &&
    isStrongSignature(facts.signatureHash) &&
    nameKey(facts.issuer) === issuer.nameKey &&
    certificate.verify(issuer.publicKey)
  );
}

function isNamed({ tbsResponseData: { responderID } }: BasicOCSPResponse, signer: Authority): boolean {
  const { byName, byKey } = responderID;
  if (byName !== undefined) return nameKey(distinguishedNameText(byName)) === signer.nameKey;
  if (byKey === undefined) return false;
  const { keyHash } = ocspIdOf({ leaf: signer.facts, issuer: signer });
  return Buffer.from(byKey.buffer).equals(keyHash);
}

function isAbout({ certID }: SingleResponse, { nameHash, keyHash, serial }: OcspId): boolean {
  return (
    Buffer.from(certID.issuerNameHash.buffer).equals(nameHash) &&
    Buffer.from(certID.issuerKeyHash.buffer).equals(keyHash) &&
    integerHex(Buffer.from(certID.serialNumber)) === serial
  );
}

function statusOf({ certStatus }: SingleResponse, thisUpdate: number): Pick<OcspAnswer, 'status' | 'detail'> {
  const { revoked } = certStatus;
  if (revoked !== undefined) {
    const { revocationTime, revocationReason } = revoked;
    const why = revocationReason === undefined ? '' : ` (${CRLReasons[revocationReason.reason] ?? '?'})`;
    return { status: 'revoked', detail: `revoked on ${isoText(revocationTime.getTime())}${why}, says OCSP` };
  }
  if (certStatus.good === undefined)
    return { status: 'unknown', detail: 'the responder does not know the certificate' };
  return { status: 'good', detail: `good by OCSP of ${isoText(thisUpdate)}` };
}

function isoText(time: number): string {
  return new Date(time).toISOString();
}
