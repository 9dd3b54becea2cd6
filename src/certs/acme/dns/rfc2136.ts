// Dynamic updates of a name server of one's own, BIND or another (RFC 2136), over TCP.
import { randomInt } from 'node:crypto';
import { Resolver } from 'node:dns/promises';
import { once } from 'node:events';
import { type Socket, connect, isIP } from 'node:net';
import { AcmeProblem } from '../problem.ts';
import { type DnsProvider, RECORD_TTL, type TxtRecord } from './provider.ts';
import { checkAnswer, type TsigKey, type UpdateQuestion, updateMessage } from './update-message.ts';

export interface Rfc2136Settings {
  readonly host: string;
  readonly port: number;
  /** Undefined: the server takes updates by address, or refuses them. */
  readonly key: TsigKey | undefined;
  /** Undefined: the server is asked which of its zones the name is in. */
  readonly zone: string | undefined;
}

const TIMEOUT_MS = 30_000;
const DNS_PORT = 53;

/** `192.0.2.53`, `ns.example.com:5353`, `[2001:db8::53]:53`; port 53 unless it is there. */
export function parseServer(text: string): Pick<Rfc2136Settings, 'host' | 'port'> {
  if (isIP(text) !== 0) return { host: text, port: DNS_PORT };
  const [, host = text, port] = /^\[?([^\]]*?)\]?(?::(\d+))?$/.exec(text) ?? [];
  return { host, port: Number(port ?? DNS_PORT) };
}

export class Rfc2136Provider implements DnsProvider {
  readonly #settings: Rfc2136Settings;

  constructor(settings: Rfc2136Settings) {
    this.#settings = settings;
  }

  async add(record: TxtRecord, signal: AbortSignal): Promise<(signal: AbortSignal) => Promise<void>> {
    const zone = this.#settings.zone ?? (await this.#zoneOf(record.name));
    await this.#update(record, zone, RECORD_TTL, signal);
    return async (ending) => await this.#update(record, zone, undefined, ending);
  }

  async #update(record: TxtRecord, zone: string, ttl: number | undefined, signal: AbortSignal): Promise<void> {
    const { host, port, key } = this.#settings;
    const now = Math.floor(Date.now() / 1000);
    const question: UpdateQuestion = { id: randomInt(0x1_0000), zone, record, ttl, key, now };
    const message = updateMessage(question);
    const socket = connect({ host, port });
    socket.on('error', () => {});
    try {
      const limit = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
      await once(socket, 'connect', { signal: limit });
      socket.write(Buffer.concat([lengthOf(message.bytes), message.bytes]));
      checkAnswer(await readMessage(socket, limit), question, message);
    } catch (cause) {
      signal.throwIfAborted();
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new AcmeProblem(`update of ${record.name} at ${host}:${port}: ${why}`, {
        type: 'dnsProvider',
        status: 0,
        cause,
      });
    } finally {
      socket.destroy();
    }
  }

  async #zoneOf(name: string): Promise<string> {
    const { host, port } = this.#settings;
    const resolver = new Resolver({ timeout: 3000, tries: 2 });
    resolver.setServers([host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`]);
    for (let zone = name; zone.includes('.'); zone = zone.slice(zone.indexOf('.') + 1))
      if (await resolver.resolveSoa(zone).then(
        () => true,
        () => false,
      ))
        return zone;
    throw new AcmeProblem(`${host}:${port} has no zone that ${name} is in: give rfc2136_zone`, {
      type: 'dnsProvider',
      status: 0,
    });
  }
}

function lengthOf(bytes: Buffer): Buffer {
  return Buffer.from([bytes.length >> 8, bytes.length & 0xff]);
}

/** Of TCP: two bytes of length come first. */
async function readMessage(socket: Socket, signal: AbortSignal): Promise<Buffer> {
  let bytes = Buffer.alloc(0);
  const whole = (): boolean => bytes.length >= 2 && bytes.length >= 2 + bytes.readUInt16BE(0);
  while (!whole()) {
    const ended = new Promise<never>((_, reject) => {
      socket.once('close', () => reject(new Error('the name server closed the connection')));
    });
    const [chunk] = (await Promise.race([once(socket, 'data', { signal }), ended])) as [Buffer];
    bytes = Buffer.concat([bytes, chunk]);
  }
  return bytes.subarray(2, 2 + bytes.readUInt16BE(0));
}
