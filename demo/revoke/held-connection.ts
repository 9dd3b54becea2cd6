// One connection of one person, in the hands of a child process: opened, put to its use, watched until it closes.
import { once } from 'node:events';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import type { Closing, Use } from './messages.ts';

const PATHS: Readonly<Record<Use, string>> = { idle: '/status/200', websocket: '/ws', download: '/sse' };
const UPGRADE =
  'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: c2FsbHlwb3J0LWRlbW8hIQ==\r\n';
/** A masked text frame that says `hi`, with a mask of zeros (RFC 6455 5.2). */
const HI = Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0x68, 0x69]);
const CLOSE_OPCODE = 0x88;
const EXPECTED: Readonly<Record<Use, string>> = {
  idle: 'HTTP/1.1 200',
  websocket: 'HTTP/1.1 101',
  download: 'HTTP/1.1 200',
};
const ANSWER_MS = 10_000;

export class HeldConnection {
  readonly person: string;
  readonly use: Use;
  readonly #socket: TLSSocket;
  readonly #head: string;
  #closeCode: number | undefined;
  isOpen = true;

  private constructor(socket: TLSSocket, person: string, use: Use, host: string) {
    this.person = person;
    this.use = use;
    this.#socket = socket;
    const more = use === 'websocket' ? UPGRADE : '';
    this.#head = `GET ${PATHS[use]} HTTP/1.1\r\nHost: ${host}\r\n${more}\r\n`;
  }

  /** Resolves once the connection is at its use. */
  static async open(
    options: ConnectionOptions,
    { person, use, host }: { readonly person: string; readonly use: Use; readonly host: string },
    onClose: (closing: Closing) => void,
  ): Promise<HeldConnection> {
    const socket = connect(options);
    socket.on('error', () => undefined);
    await once(socket, 'secureConnect');
    const held = new HeldConnection(socket, person, use, host);
    socket.once('close', () => {
      held.isOpen = false;
      onClose({ kind: 'closed', person, use, at: Date.now(), code: held.#closeCode });
    });
    const isServed = await held.#say(held.#head, EXPECTED[use]);
    if (!isServed) throw new Error(`the ${use} connection of ${person} was not served`);
    if (use === 'websocket')
      socket.on('data', (chunk: Buffer) => {
        if (chunk[0] === CLOSE_OPCODE && chunk.length >= 4) held.#closeCode = chunk.readUInt16BE(2);
      });
    else socket.resume();
    return held;
  }

  /** Whether there is an answer on it; what a download brings is one. */
  async answers(): Promise<boolean> {
    if (!this.isOpen) return false;
    if (this.use === 'websocket') return this.#say(HI, 'hi');
    return this.use === 'idle' ? this.#say(this.#head, EXPECTED.idle) : true;
  }

  async #say(bytes: string | Buffer, expected: string): Promise<boolean> {
    this.#socket.write(bytes);
    try {
      const signal = AbortSignal.timeout(ANSWER_MS);
      const [chunk] = (await once(this.#socket, 'data', { signal })) as [Buffer];
      return chunk.toString('latin1').includes(expected);
    } catch {
      return false;
    }
  }
}
