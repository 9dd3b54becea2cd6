// The .p12 that browsers and systems import (RFC 7292): one key and its certificate, under a password. With the old
// algorithms on purpose: the Keychain of macOS knows no others (docs/decisions/0003-pkcs12-algorithms.md). Runs in browsers.
import { type Bytes, concat, element, integer, oid, sequence, TAG } from './der.ts';
import { encryptTripleDes } from './triple-des.ts';

const OID = {
  data: '1.2.840.113549.1.7.1',
  encryptedData: '1.2.840.113549.1.7.6',
  sha1: '1.3.14.3.2.26',
  pbeSha1TripleDes: '1.2.840.113549.1.12.1.3',
  shroudedKeyBag: '1.2.840.113549.1.12.10.1.2',
  certBag: '1.2.840.113549.1.12.10.1.3',
  x509Certificate: '1.2.840.113549.1.9.22.1',
  friendlyName: '1.2.840.113549.1.9.20',
  localKeyId: '1.2.840.113549.1.9.21',
} as const;
const ITERATIONS = 2048;
/** RFC 7292 B.3. */
const PURPOSE = { key: 1, iv: 2, mac: 3 } as const;
/** Of SHA-1, bytes. */
const BLOCK = 64;

export interface Pkcs12Input {
  /** PKCS #8. */
  readonly privateKey: Bytes;
  /** DER. */
  readonly certificate: Bytes;
  /** What the list of certificates shows. */
  readonly friendlyName: string;
  readonly password: string;
}

/** DER. Takes a good part of a second: the password goes through some ten thousand digests. */
export async function makePkcs12({
  privateKey,
  certificate,
  friendlyName,
  password,
}: Pkcs12Input): Promise<Bytes> {
  const attributes = element(
    TAG.set,
    attribute(OID.friendlyName, element(TAG.bmpString, utf16(friendlyName))),
    attribute(OID.localKeyId, octets(await sha1(certificate))),
  );
  const certBag = sequence(oid(OID.x509Certificate), explicit(octets(certificate)));
  const certificates = sequence(sequence(oid(OID.certBag), explicit(certBag), attributes));
  const sealed = await encrypted(certificates, password);
  const content = sequence(oid(OID.data), sealed.algorithm, element(TAG.zeroBytes, sealed.bytes));
  const encryptedData = sequence(integer(0), content);
  const key = await encrypted(privateKey, password);
  const keyBag = sequence(key.algorithm, octets(key.bytes));
  const keys = sequence(sequence(oid(OID.shroudedKeyBag), explicit(keyBag), attributes));
  const safe = sequence(sequence(oid(OID.encryptedData), explicit(encryptedData)), plain(keys));
  return sequence(integer(3), plain(safe), await mac(safe, password));
}

/** Twenty characters that nobody takes for one another: 100 bits. */
export function newPassword(): string {
  const letters = 'abcdefghijkmnpqrstuvwxyz23456789';
  const drawn = [...crypto.getRandomValues(new Uint8Array(20))].map((byte) => letters[byte % 32]).join('');
  return drawn.replaceAll(/.{5}(?=.)/g, '$&-');
}

const octets = (bytes: Uint8Array): Bytes => element(TAG.octetString, bytes);

const explicit = (content: Bytes): Bytes => element(TAG.zero, content);

const plain = (content: Bytes): Bytes => sequence(oid(OID.data), explicit(octets(content)));

const attribute = (type: string, value: Bytes): Bytes => sequence(oid(type), element(TAG.set, value));

async function encrypted(data: Bytes, password: string): Promise<{ algorithm: Bytes; bytes: Bytes }> {
  const salt = crypto.getRandomValues(new Uint8Array(8));
  const key = await derive(PURPOSE.key, 24, password, salt);
  const iv = await derive(PURPOSE.iv, 8, password, salt);
  const parameters = sequence(octets(salt), integer(ITERATIONS));
  return {
    algorithm: sequence(oid(OID.pbeSha1TripleDes), parameters),
    bytes: encryptTripleDes(key, iv, data),
  };
}

async function mac(content: Bytes, password: string): Promise<Bytes> {
  const salt = crypto.getRandomValues(new Uint8Array(8));
  const raw = await derive(PURPOSE.mac, 20, password, salt);
  const key = await crypto.subtle.importKey('raw', raw, { name: 'HMAC', hash: 'SHA-1' }, false, ['sign']);
  const digest = new Uint8Array(await crypto.subtle.sign('HMAC', key, content));
  const algorithm = sequence(oid(OID.sha1), element(TAG.null));
  return sequence(sequence(algorithm, octets(digest)), octets(salt), integer(ITERATIONS));
}

/** `length` bytes for the purpose (RFC 7292 B.2). */
async function derive(purpose: number, length: number, password: string, salt: Bytes): Promise<Bytes> {
  const diversifier = new Uint8Array(BLOCK).fill(purpose);
  let state = concat(repeated(salt), repeated(concat(utf16(password), new Uint8Array(2))));
  let derived: Bytes = new Uint8Array();
  while (derived.length < length) {
    let hash = await sha1(concat(diversifier, state));
    for (let round = 1; round < ITERATIONS; round++) hash = await sha1(hash);
    derived = concat(derived, hash);
    state = advanced(state, hash);
  }
  return derived.slice(0, length);
}

/** Each block plus the hash, repeated to a block, plus one, modulo the block. */
function advanced(state: Bytes, hash: Bytes): Bytes {
  const next = new Uint8Array(state.length);
  for (let start = 0; start < state.length; start += BLOCK)
    for (let at = BLOCK - 1, carry = 1; at >= 0; at--) {
      const sum = (state[start + at] ?? 0) + (hash[at % hash.length] ?? 0) + carry;
      next[start + at] = sum & 0xff;
      carry = sum >> 8;
    }
  return next;
}

/** To whole blocks. */
function repeated(bytes: Bytes): Bytes {
  const whole = new Uint8Array(Math.ceil(bytes.length / BLOCK) * BLOCK);
  return whole.map((_, at) => bytes[at % bytes.length] ?? 0);
}

/** Big-endian, as BMPString has it. */
function utf16(text: string): Bytes {
  const bytes = new Uint8Array(text.length * 2);
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    bytes.set([unit >> 8, unit & 0xff], at * 2);
  }
  return bytes;
}

async function sha1(bytes: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest('SHA-1', bytes));
}
