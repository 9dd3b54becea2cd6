// PKCS#12: the file that browsers import a client certificate from. The algorithms are the old ones (triple DES, SHA-1)
// on purpose: the Keychain of every macOS up to now takes a file with AES or a SHA-256 MAC for one with a wrong password,
// while NSS (Firefox, Chrome on Linux), Windows, Android and OpenSSL 3 all still read these. What guards the key is
// the mode of the file: treat it like the bare key that lies beside it, whatever its password is.
import { X509Certificate, createCipheriv, createHmac, createPrivateKey, randomBytes } from 'node:crypto';
import {
  ContentInfo,
  EncryptedContent,
  EncryptedContentInfo,
  id_data,
  id_encryptedData,
} from '@peculiar/asn1-cms';
import {
  AuthenticatedSafe,
  CertBag,
  MacData,
  PFX,
  PKCS12Attribute,
  PKCS8ShroudedKeyBag,
  SafeBag,
  SafeContents,
  id_certBag,
  id_pkcs8ShroudedKeyBag,
  id_x509Certificate,
} from '@peculiar/asn1-pfx';
import { EncryptedData as EncryptedKey } from '@peculiar/asn1-pkcs8';
import { DigestInfo, id_sha1 } from '@peculiar/asn1-rsa';
import { AsnConvert, AsnProp, AsnPropTypes, OctetString } from '@peculiar/asn1-schema';
import { AlgorithmIdentifier } from '@peculiar/asn1-x509';
import type { KeyPair } from './issue-certificate.ts';
import { parsePem } from './pem.ts';
import { PURPOSE, derivePkcs12Key } from './pkcs12-key.ts';

const PBE_SHA1_3DES = '1.2.840.113549.1.12.1.3';
const FRIENDLY_NAME = '1.2.840.113549.1.9.20';
const LOCAL_KEY_ID = '1.2.840.113549.1.9.21';
const ITERATIONS = 2048;

/** RFC 7292 appendix C. */
class PbeParameters {
  salt = new OctetString();
  iterations = ITERATIONS;
}
AsnProp({ type: OctetString })(PbeParameters.prototype, 'salt');
AsnProp({ type: AsnPropTypes.Integer })(PbeParameters.prototype, 'iterations');

/** RFC 5652 section 8. */
class EncryptedData {
  version = 0;
  encryptedContentInfo = new EncryptedContentInfo();
}
AsnProp({ type: AsnPropTypes.Integer })(EncryptedData.prototype, 'version');
AsnProp({ type: EncryptedContentInfo })(EncryptedData.prototype, 'encryptedContentInfo');

export interface Pkcs12Input extends KeyPair {
  /** The CAs above the certificate, leaf's issuer first; may be ''. */
  readonly caPem: string;
  /** What the browser's list of certificates shows. */
  readonly friendlyName: string;
  readonly password: string;
}

/** The .p12 as DER. Takes a few milliseconds. */
export function encodePkcs12(input: Pkcs12Input): Buffer {
  const certificates = parsePem(input.certPem + input.caPem).filter(({ label }) => label === 'CERTIFICATE');
  const [leaf, ...others] = certificates.map(({ der }) => der);
  if (leaf === undefined) throw new TypeError('encodePkcs12: no certificate');
  const attributes = pairingAttributes(input.friendlyName, leaf);
  const certBags = [certBag(leaf, attributes), ...others.map((der) => certBag(der, []))];
  const privateKey = createPrivateKey(input.keyPem).export({ type: 'pkcs8', format: 'der' });
  const keyBag = new SafeBag({
    bagId: id_pkcs8ShroudedKeyBag,
    bagValue: AsnConvert.serialize(shrouded(privateKey, input.password)),
    bagAttributes: attributes,
  });
  const safe = AsnConvert.serialize(
    new AuthenticatedSafe([
      encryptedContent(AsnConvert.serialize(new SafeContents(certBags)), input.password),
      plainContent(AsnConvert.serialize(new SafeContents([keyBag]))),
    ]),
  );
  const pfx = new PFX({ version: 3, authSafe: plainContent(safe), macData: mac(safe, input.password) });
  return Buffer.from(AsnConvert.serialize(pfx));
}

/** The same on the key and its certificate: how an importer knows that they belong together. */
function pairingAttributes(friendlyName: string, leaf: Buffer): PKCS12Attribute[] {
  const name = Buffer.from(friendlyName, 'utf16le').swap16();
  // BMPString: tag 30, and a length that the short form holds.
  const bmpString = Buffer.concat([Buffer.from([30, Math.min(name.length, 126)]), name.subarray(0, 126)]);
  const fingerprint = Buffer.from(new X509Certificate(leaf).fingerprint.replaceAll(':', ''), 'hex');
  return [
    attribute(FRIENDLY_NAME, exact(bmpString)),
    attribute(LOCAL_KEY_ID, AsnConvert.serialize(new OctetString(exact(fingerprint)))),
  ];
}

function attribute(oid: string, value: ArrayBuffer): PKCS12Attribute {
  // Its constructor ignores what it is given (@peculiar/asn1-pfx 2.11).
  const made = new PKCS12Attribute();
  made.attrId = oid;
  made.attrValues = [value];
  return made;
}

function certBag(der: Buffer, bagAttributes: PKCS12Attribute[]): SafeBag {
  const certValue = AsnConvert.serialize(new OctetString(exact(der)));
  const bagValue = AsnConvert.serialize(new CertBag({ certId: id_x509Certificate, certValue }));
  return new SafeBag({ bagId: id_certBag, bagValue, ...(bagAttributes.length > 0 && { bagAttributes }) });
}

function plainContent(data: ArrayBuffer): ContentInfo {
  return new ContentInfo({ contentType: id_data, content: AsnConvert.serialize(new OctetString(data)) });
}

function encryptedContent(data: ArrayBuffer, password: string): ContentInfo {
  const { algorithm, bytes } = encrypt(Buffer.from(data), password);
  const content = new EncryptedData();
  content.encryptedContentInfo = new EncryptedContentInfo({
    contentType: id_data,
    contentEncryptionAlgorithm: algorithm,
    encryptedContent: new EncryptedContent({ value: new OctetString(bytes) }),
  });
  return new ContentInfo({ contentType: id_encryptedData, content: AsnConvert.serialize(content) });
}

function shrouded(privateKey: Buffer, password: string): PKCS8ShroudedKeyBag {
  const { algorithm, bytes } = encrypt(privateKey, password);
  return new PKCS8ShroudedKeyBag({ encryptionAlgorithm: algorithm, encryptedData: new EncryptedKey(bytes) });
}

function encrypt(data: Buffer, password: string): { algorithm: AlgorithmIdentifier; bytes: ArrayBuffer } {
  const salt = randomBytes(8);
  const derivation = { password, salt, iterations: ITERATIONS };
  const key = derivePkcs12Key(PURPOSE.key, 24, derivation);
  const cipher = createCipheriv('des-ede3-cbc', key, derivePkcs12Key(PURPOSE.iv, 8, derivation));
  const parameters = new PbeParameters();
  parameters.salt = new OctetString(exact(salt));
  return {
    algorithm: new AlgorithmIdentifier({
      algorithm: PBE_SHA1_3DES,
      parameters: AsnConvert.serialize(parameters),
    }),
    bytes: exact(Buffer.concat([cipher.update(data), cipher.final()])),
  };
}

function mac(content: ArrayBuffer, password: string): MacData {
  const salt = randomBytes(8);
  const key = derivePkcs12Key(PURPOSE.mac, 20, { password, salt, iterations: ITERATIONS });
  const digest = createHmac('sha1', key).update(Buffer.from(content)).digest();
  return new MacData({
    mac: new DigestInfo({
      digestAlgorithm: new AlgorithmIdentifier({ algorithm: id_sha1, parameters: null }),
      digest: new OctetString(exact(digest)),
    }),
    macSalt: new OctetString(exact(salt)),
    iterations: ITERATIONS,
  });
}

/** The bytes alone, not the pool that a Buffer may be a window of. */
function exact(bytes: Buffer): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}
