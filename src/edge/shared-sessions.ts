// What the processes behind one address have in common of their TLS sessions, so that a client resumes whichever of them it
// meets: the secret that ticket keys are derived from, and who was refused without a certificate. One process alone has one too.
import { randomBytes } from 'node:crypto';
import type { RefusedSession } from './uncertified-sessions.ts';

/** As plain data, to be sent to other processes. */
export interface RefusedClient extends RefusedSession {
  readonly address: string;
}

export class SharedSessions {
  /** 32 bytes. */
  readonly secret: Uint8Array;
  readonly #send: (refused: RefusedClient) => void;
  #hear: (refused: RefusedClient) => void = () => {};

  /** `secret`: default a random one. `send` tells all other processes; default: there are none. */
  constructor(secret: Uint8Array = randomBytes(32), send: (refused: RefusedClient) => void = () => {}) {
    this.secret = secret;
    this.#send = send;
  }

  /** Here a client was refused that showed no certificate. */
  announce(refused: RefusedClient): void {
    this.#send(refused);
  }

  /** Elsewhere. */
  learn(refused: RefusedClient): void {
    this.#hear(refused);
  }

  onLearnt(hear: (refused: RefusedClient) => void): void {
    this.#hear = hear;
  }
}
