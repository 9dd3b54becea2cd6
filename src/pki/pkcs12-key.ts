// The key derivation of PKCS#12 (RFC 7292 appendix B) with SHA-1, which no library at hand offers by itself.
import { createHash } from 'node:crypto';

/** What a derived byte string is for: the ID byte of RFC 7292 B.3. */
export const PURPOSE = { key: 1, iv: 2, mac: 3 } as const;

export interface DerivationInput {
  readonly password: string;
  readonly salt: Buffer;
  readonly iterations: number;
}

const BLOCK_BYTES = 64;
const BLOCK_MODULUS = 1n << BigInt(8 * BLOCK_BYTES);

/** `length` bytes for the purpose. */
export function derivePkcs12Key(purpose: number, length: number, input: DerivationInput): Buffer {
  const diversifier = Buffer.alloc(BLOCK_BYTES, purpose);
  let state = Buffer.concat([repeated(input.salt), repeated(bmpString(input.password))]);
  const blocks: Buffer[] = [];
  for (let have = 0; have < length;) {
    let hash = sha1(Buffer.concat([diversifier, state]));
    for (let round = 1; round < input.iterations; round++) hash = sha1(hash);
    blocks.push(hash);
    have += hash.length;
    state = advanced(state, hash);
  }
  return Buffer.concat(blocks).subarray(0, length);
}

/** UTF-16BE with a final NUL (B.1). */
function bmpString(text: string): Buffer {
  return Buffer.from(`${text}\0`, 'utf16le').swap16();
}

/** Repeated to fill whole blocks. */
function repeated(bytes: Buffer): Buffer {
  return Buffer.alloc(Math.ceil(bytes.length / BLOCK_BYTES) * BLOCK_BYTES, bytes);
}

/** Each block plus the hash repeated to a block, plus one, modulo the block (B.2 step 6). */
function advanced(state: Buffer, hash: Buffer): Buffer<ArrayBuffer> {
  const addend = BigInt(`0x${Buffer.alloc(BLOCK_BYTES, hash).toString('hex')}`) + 1n;
  const blocks: Buffer[] = [];
  for (let at = 0; at < state.length; at += BLOCK_BYTES) {
    const block = BigInt(`0x${state.toString('hex', at, at + BLOCK_BYTES)}`);
    const sum = (block + addend) % BLOCK_MODULUS;
    blocks.push(Buffer.from(sum.toString(16).padStart(2 * BLOCK_BYTES, '0'), 'hex'));
  }
  return Buffer.concat(blocks);
}

function sha1(bytes: Buffer): Buffer {
  return createHash('sha1').update(bytes).digest();
}
