// A client that shows one certificate and signs with the key of another: a relay between a TLS 1.2 client and its
// server that swaps the Certificate message, which TLS 1.2 sends in the clear. No library makes such a client:
// `createSecureContext` compares certificate and key.
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { vector } from './client-hello.ts';

interface Teardown {
  teardown(fn: () => unknown): void;
}

const HANDSHAKE = 22;
const CERTIFICATE = 11;

/** A port that passes everything on to `port` but the client's certificate: for that, `shown` (DER). */
export async function startImpostor(t: Teardown, port: number, shown: Buffer): Promise<number> {
  const server = createServer((client) => {
    const upstream = connect({ host: '127.0.0.1', port });
    const swap = new CertificateSwap(shown);
    client.on('data', (chunk: Buffer) => upstream.write(swap.pass(chunk)));
    upstream.on('data', (chunk: Buffer) => client.write(chunk));
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      one.on('error', () => {});
      one.on('close', () => other.destroy());
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  return (server.address() as AddressInfo).port;
}

/** Whole records in, whole records out. */
class CertificateSwap {
  readonly #shown: Buffer;
  #rest: Buffer = Buffer.alloc(0);

  constructor(shown: Buffer) {
    this.#shown = shown;
  }

  pass(chunk: Buffer): Buffer {
    let bytes = Buffer.concat([this.#rest, chunk]);
    const out: Buffer[] = [];
    while (bytes.length >= 5 && bytes.length >= 5 + bytes.readUInt16BE(3)) {
      const end = 5 + bytes.readUInt16BE(3);
      out.push(this.#record(bytes.subarray(0, end)));
      bytes = bytes.subarray(end);
    }
    this.#rest = bytes;
    return Buffer.concat(out);
  }

  #record(record: Buffer): Buffer {
    if (record[0] !== HANDSHAKE || record[5] !== CERTIFICATE) return record;
    const length = record.readUIntBE(6, 3);
    const message = Buffer.concat([
      Buffer.from([CERTIFICATE]),
      vector(3, vector(3, vector(3, this.#shown))),
      record.subarray(5 + 4 + length),
    ]);
    return Buffer.concat([record.subarray(0, 3), vector(2, message)]);
  }
}
