// DNS UPDATE (RFC 2136) of one TXT record, signed with TSIG (RFC 8945): bytes only.
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { TxtRecord } from './provider.ts';

/** As the key file of a name server has them. */
export interface TsigKey {
  readonly name: string;
  readonly algorithm: 'hmac-sha256' | 'hmac-sha384' | 'hmac-sha512';
  readonly secret: Buffer;
}

export interface UpdateQuestion {
  readonly id: number;
  readonly zone: string;
  readonly record: Pick<TxtRecord, 'name' | 'value'>;
  /** Seconds; undefined: the record is removed. */
  readonly ttl: number | undefined;
  /** Undefined: not signed. */
  readonly key: TsigKey | undefined;
  /** Seconds since the epoch. */
  readonly now: number;
}

export interface UpdateMessage {
  readonly bytes: Buffer;
  /** That its answer is signed together with; undefined where it was not signed. */
  readonly mac: Buffer | undefined;
}

const OPCODE_UPDATE = 0x2800;
const TYPE = { txt: 16, soa: 6, tsig: 250 } as const;
const CLASS = { in: 1, none: 254, any: 255 } as const;
const HEADER = 12;
const FUDGE_SECONDS = 300;
const RCODES = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED', 'YXDOMAIN', 'YXRRSET'];
const MORE_RCODES = ['NXRRSET', 'NOTAUTH', 'NOTZONE'];

export function updateMessage({ id, zone, record, ttl, key, now }: UpdateQuestion): UpdateMessage {
  const value = Buffer.from(record.value, 'latin1');
  const data = Buffer.concat([Buffer.from([value.length]), value]);
  const unsigned = Buffer.concat([
    numbers(id, OPCODE_UPDATE, 1, 0, 1, 0),
    nameBytes(zone),
    numbers(TYPE.soa, CLASS.in),
    nameBytes(record.name),
    numbers(TYPE.txt, ttl === undefined ? CLASS.none : CLASS.in),
    long(ttl ?? 0),
    numbers(data.length),
    data,
  ]);
  if (key === undefined) return { bytes: unsigned, mac: undefined };
  const mac = macOf(key, [unsigned], now);
  const bytes = Buffer.concat([unsigned, tsigRecord(key, mac, id, now)]);
  bytes.writeUInt16BE(1, 10);
  return { bytes, mac };
}

/** Throws where the answer is not to this message, not signed as the message was, or says no. */
export function checkAnswer(
  answer: Buffer,
  { id, key, now }: UpdateQuestion,
  { mac }: UpdateMessage,
): void {
  if (answer.length < HEADER || answer.readUInt16BE(0) !== id || (answer.readUInt16BE(2) & 0x8000) === 0)
    throw new Error('the name server answers something else');
  const code = answer.readUInt16BE(2) & 0xf;
  if (code !== 0) throw new Error(`the name server says ${[...RCODES, ...MORE_RCODES][code] ?? code}`);
  if (key !== undefined && mac !== undefined) checkSignature(answer, { key, mac, id, now });
}

function checkSignature(
  answer: Buffer,
  { key, mac, id, now }: { key: TsigKey; mac: Buffer; id: number; now: number },
): void {
  const start = lastRecord(answer);
  const fail = new Error('the answer of the name server is not signed with the key');
  if (start === undefined) throw fail;
  const fields = start.data + nameBytes(key.algorithm).length;
  const signedAt = answer.readUIntBE(fields, 6);
  const size = answer.readUInt16BE(fields + 8);
  const theirs = answer.subarray(fields + 10, fields + 10 + size);
  const unsigned = Buffer.from(answer.subarray(0, start.at));
  unsigned.writeUInt16BE(id, 0);
  unsigned.writeUInt16BE(unsigned.readUInt16BE(10) - 1, 10);
  const ours = macOf(key, [numbers(mac.length), mac, unsigned], signedAt);
  if (theirs.length !== ours.length || !timingSafeEqual(theirs, ours)) throw fail;
  if (Math.abs(signedAt - now) > FUDGE_SECONDS) throw new Error("the name server's clock is another one");
}

/** Where the last record begins and where its data does, where it is a TSIG. Throws RangeError where bytes are missing. */
function lastRecord(message: Buffer): { at: number; data: number } | undefined {
  const [zones, ...counts] = [4, 6, 8, 10].map((offset) => message.readUInt16BE(offset));
  let offset = HEADER;
  for (let i = 0; i < (zones ?? 0); i++) offset = nameEnd(message, offset) + 4;
  let last: { at: number; data: number; type: number } | undefined;
  for (let i = 0; i < counts.reduce((sum, count) => sum + count, 0); i++) {
    const at = offset;
    const end = nameEnd(message, offset);
    last = { at, data: end + 10, type: message.readUInt16BE(end) };
    offset = end + 10 + message.readUInt16BE(end + 8);
  }
  return last?.type === TYPE.tsig ? last : undefined;
}

function nameEnd(message: Buffer, offset: number): number {
  for (let at = offset; ;) {
    const length = message.readUInt8(at);
    if (length >= 0xc0) return at + 2;
    if (length === 0) return at + 1;
    at += 1 + length;
  }
}

/** Of what comes before, and the variables of the record (RFC 8945 4.3.3). */
function macOf({ name, algorithm, secret }: TsigKey, before: readonly Buffer[], now: number): Buffer {
  const hmac = createHmac(algorithm.slice('hmac-'.length), secret);
  for (const bytes of before) hmac.update(bytes);
  hmac.update(Buffer.concat([nameBytes(name), numbers(CLASS.any), long(0), nameBytes(algorithm)]));
  hmac.update(Buffer.concat([time(now), numbers(FUDGE_SECONDS, 0, 0)]));
  return hmac.digest();
}

function tsigRecord(key: TsigKey, mac: Buffer, id: number, now: number): Buffer {
  const data = Buffer.concat([
    nameBytes(key.algorithm),
    time(now),
    numbers(FUDGE_SECONDS, mac.length),
    mac,
    numbers(id, 0, 0),
  ]);
  return Buffer.concat([nameBytes(key.name), numbers(TYPE.tsig, CLASS.any), long(0), numbers(data.length), data]);
}

/** Uncompressed and lower case, as signatures want it. Throws where a label is empty or too long. */
function nameBytes(name: string): Buffer {
  const labels = name.toLowerCase().replace(/\.$/, '').split('.');
  const parts = labels.map((label) => {
    const bytes = Buffer.from(label, 'latin1');
    if (bytes.length === 0 || bytes.length > 63) throw new Error(`'${name}' is not a name in DNS`);
    return Buffer.concat([Buffer.from([bytes.length]), bytes]);
  });
  return Buffer.concat([...parts, Buffer.from([0])]);
}

function numbers(...values: number[]): Buffer {
  const bytes = Buffer.alloc(2 * values.length);
  for (const [index, value] of values.entries()) bytes.writeUInt16BE(value, 2 * index);
  return bytes;
}

function long(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function time(seconds: number): Buffer {
  const bytes = Buffer.alloc(6);
  bytes.writeUIntBE(seconds, 0, 6);
  return bytes;
}
