// A port that answers `acme-tls/1` and nothing else, for certificates that are asked for from the command line.
import { createServer, type Server, type Socket } from 'node:net';
import { type BoundAddress, type ListenAddress, listenOn } from './address.ts';
import { type ChallengeCertificates, answerAlpnChallenge, isAlpnChallenge } from './alpn-challenge.ts';
import { peekClientHello } from './peek.ts';

const TIMEOUT_MS = 10_000;
const MAX_HELLO_BYTES = 65_536;
const MAX_CONNECTIONS = 100;

export class AlpnPort {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor(certificates: ChallengeCertificates) {
    this.#server = createServer({ noDelay: true }, (socket) => {
      socket.on('error', () => {});
      socket.setTimeout(TIMEOUT_MS, () => socket.destroy());
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
      peekClientHello(socket, MAX_HELLO_BYTES, (hello) => {
        if (typeof hello === 'string' || !isAlpnChallenge(hello)) socket.destroy();
        else answerAlpnChallenge(socket, hello.sni, certificates).catch(() => socket.destroy());
      });
    });
    this.#server.maxConnections = MAX_CONNECTIONS;
  }

  async listen(address: ListenAddress): Promise<BoundAddress> {
    return await listenOn(this.#server, address, false);
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}
