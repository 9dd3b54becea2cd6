// Reads the server name and ALPN out of a ClientHello before anything is decided (RFC 8446 4.1.2, RFC 6066 3).
// Pure: bytes in, value out. A hello may span records and segments (hybrid key shares always do), and whatever is not
// a well-formed hello is a fault: it never falls through to a default (Traefik CVE-2026-32305).
import { type Hostname, normalizeHostname } from '../core/hostname.ts';

export interface ClientHello {
  /** Normal form; undefined when the client sent no name. */
  readonly sni: Hostname | undefined;
  readonly alpn: readonly string[];
}

export type HelloFault = 'plain_http' | 'not_tls' | 'malformed_hello';

/** The hello, why it is none, or how many bytes must be there before it is worth asking again. */
export type HelloResult = ClientHello | HelloFault | { readonly needed: number };

const RECORD_HEADER = 5;
const MESSAGE_HEADER = 4;
const MAX_RECORD = 16_384;
const HANDSHAKE = 22;
const CLIENT_HELLO = 1;
const SERVER_NAME = 0;
const ALPN = 16;
/** RFC 6066 3: ASCII, without brackets; underscores are in use. */
const NAME = /^[A-Za-z0-9._-]+$/;
const HTTP_METHOD_START = /^[A-Z]{1,8}( |$)/;

export function parseClientHello(bytes: Buffer): HelloResult {
  const first = bytes[0];
  if (first === undefined) return { needed: 1 };
  if (first !== HANDSHAKE)
    return HTTP_METHOD_START.test(bytes.toString('latin1', 0, 9)) ? 'plain_http' : 'not_tls';
  const message = joinRecords(bytes);
  if (!Buffer.isBuffer(message)) return message;
  try {
    return readHello(message);
  } catch (error) {
    if (error instanceof Malformed) return 'malformed_hello';
    throw error;
  }
}

/**
 * The body of the handshake message, put together from as many records as it takes. What is `needed` counts on one
 * record for all that is missing: a hello of one byte a record, each in its own segment, would otherwise be read from
 * the start again thousands of times.
 */
function joinRecords(bytes: Buffer): Buffer | HelloFault | { needed: number } {
  const parts: Buffer[] = [];
  let length = 0;
  let total: number | undefined;
  for (let offset = 0; ;) {
    const missing = (total ?? MESSAGE_HEADER) - length;
    const start = offset + RECORD_HEADER;
    if (bytes.length < start) return { needed: start + missing };
    const size = bytes.readUInt16BE(offset + 3);
    if (bytes[offset] !== HANDSHAKE || bytes[offset + 1] !== 3 || size === 0 || size > MAX_RECORD)
      return 'malformed_hello';
    offset = start + size;
    const part = bytes.subarray(start, offset);
    if (length === 0 && part.length > 0 && part[0] !== CLIENT_HELLO) return 'malformed_hello';
    parts.push(part);
    length += part.length;
    if (total === undefined && length >= MESSAGE_HEADER)
      total = MESSAGE_HEADER + Buffer.concat(parts).readUIntBE(1, 3);
    if (total !== undefined && length >= total)
      return Buffer.concat(parts, length).subarray(MESSAGE_HEADER, total);
    if (part.length === size) continue;
    const beyond = (total ?? MESSAGE_HEADER) - (length - part.length + size);
    return { needed: beyond > 0 ? offset + RECORD_HEADER + beyond : offset };
  }
}

class Malformed extends Error {}

/** A cursor that refuses to read past its end. */
class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get isDone(): boolean {
    return this.#at === this.#bytes.length;
  }

  number(size: 1 | 2): number {
    return this.take(size).readUIntBE(0, size);
  }

  take(size: number): Buffer {
    const end = this.#at + size;
    if (end > this.#bytes.length) throw new Malformed();
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }

  /** A vector with a length prefix of `size` bytes. */
  vector(size: 1 | 2): Reader {
    return new Reader(this.take(this.number(size)));
  }

  rest(): Buffer {
    return this.take(this.#bytes.length - this.#at);
  }
}

function readHello(message: Buffer): ClientHello {
  const hello = new Reader(message);
  hello.take(2 + 32);
  hello.vector(1);
  hello.vector(2);
  hello.vector(1);
  let sni: Hostname | undefined;
  let alpn: string[] = [];
  if (hello.isDone) return { sni, alpn };
  const extensions = hello.vector(2);
  if (!hello.isDone) throw new Malformed();
  const seen = new Set<number>();
  while (!extensions.isDone) {
    const type = extensions.number(2);
    const body = extensions.vector(2);
    if (seen.has(type)) throw new Malformed();
    seen.add(type);
    if (type === SERVER_NAME) sni = readServerName(body);
    else if (type === ALPN) alpn = readAlpn(body);
  }
  return { sni, alpn };
}

function readServerName(body: Reader): Hostname {
  const names = body.vector(2);
  const type = names.number(1);
  const text = names.vector(2).rest().toString('latin1');
  // Letters, digits and hyphens only: mapping other letters, as browsers do with what people type, makes other names.
  const name = NAME.test(text) ? normalizeHostname(text) : undefined;
  // One name of type host_name is all that RFC 6066 allows; a second one would be two answers to 'which host?'.
  if (type !== 0 || name === undefined || !names.isDone || !body.isDone) throw new Malformed();
  return name;
}

function readAlpn(body: Reader): string[] {
  const list = body.vector(2);
  const protocols: string[] = [];
  while (!list.isDone) protocols.push(list.vector(1).rest().toString('latin1'));
  if (!body.isDone || protocols.length === 0) throw new Malformed();
  return protocols;
}
