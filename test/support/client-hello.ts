// ClientHellos: real ones, caught from a TLS client at run time, and ones written by hand to be wrong in one place.
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { type ConnectionOptions, connect } from 'node:tls';

/** The first flight of Node's TLS client: one ClientHello in as many records as it takes. */
export async function catchHello(options: ConnectionOptions): Promise<Buffer> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect({ ...options, host: '127.0.0.1', port: (server.address() as AddressInfo).port });
  client.on('error', () => {});
  const [socket] = await once(server, 'connection');
  const chunks: Buffer[] = [];
  for await (const chunk of socket) {
    chunks.push(chunk as Buffer);
    if (isWhole(Buffer.concat(chunks))) break;
  }
  client.destroy();
  server.close();
  return Buffer.concat(chunks);
}

/** One record holds all of Node's hello. */
const isWhole = (bytes: Buffer): boolean => bytes.length >= 5 && bytes.length >= 5 + bytes.readUInt16BE(3);

/** The handshake message inside of records. */
export function messageOf(records: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < records.length; at += 5 + records.readUInt16BE(at + 3))
    parts.push(records.subarray(at + 5, at + 5 + records.readUInt16BE(at + 3)));
  return Buffer.concat(parts);
}

/** A handshake message in records of at most `size` bytes. */
export function inRecords(message: Buffer, size = 16_384): Buffer {
  const records: Buffer[] = [];
  for (let at = 0; at < message.length; at += size) {
    const part = message.subarray(at, at + size);
    records.push(Buffer.from([22, 3, 1, part.length >> 8, part.length & 0xff]), part);
  }
  return Buffer.concat(records);
}

/** Bytes behind a length prefix of `size` bytes. */
export function vector(size: 1 | 2 | 3, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const length = Buffer.alloc(size);
  length.writeUIntBE(body.length, 0, size);
  return Buffer.concat([length, body]);
}

export function extension(type: number, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from([type >> 8, type & 0xff]), vector(2, body)]);
}

/** The server_name extension with these names, each of type host_name unless said otherwise. */
export function serverNames(names: readonly (string | Buffer)[], type = 0): Buffer {
  const entries = names.map((name) => Buffer.concat([Buffer.from([type]), vector(2, Buffer.from(name))]));
  return extension(0, vector(2, ...entries));
}

/** A ClientHello message: TLS 1.2, one suite, and these extensions; none at all, where undefined. */
export function makeHello(extensions: readonly Buffer[] | undefined): Buffer {
  const body = Buffer.concat([
    Buffer.from([3, 3]),
    Buffer.alloc(32, 7),
    vector(1),
    vector(2, Buffer.from([0xc0, 0x2b])),
    vector(1, Buffer.from([0])),
    ...(extensions === undefined ? [] : [vector(2, ...extensions)]),
  ]);
  return Buffer.concat([Buffer.from([1]), vector(3, body)]);
}
