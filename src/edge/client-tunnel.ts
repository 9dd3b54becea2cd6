// The raw bytes of a connection after 101 Switching Protocols or a 200 to CONNECT, or of a stream after the latter.
import type { Duplex } from 'node:stream';
import type { SallyportError } from '../core/errors.ts';
import type { RequestHead, Tunnel, TunnelEvents } from '../exchange/exchange.ts';
import { POLICY_VIOLATION, WebsocketFrames } from './websocket-frames.ts';

/** Where bytes for the client go. */
export interface TunnelOutput {
  /** The client takes no more for now. */
  readonly isBlocked: boolean;
  pushNow(chunk: Buffer): void;
}

export interface TunnelParts {
  /** Counts what goes either way. */
  readonly count: { bytesIn: number; bytesOut: number };
  readonly events: TunnelEvents;
  readonly isWebsocket: boolean;
  readonly early: Buffer | undefined;
  /**
   * Ends our side. The client of a WebSocket then has as long to close as after any last answer; where nothing is known
   * of the protocol, it may go on for as long as the tunnel may.
   */
  readonly finish: () => void;
  /** Ends it at once, so that the client sees that something is missing. */
  readonly cut: () => void;
}

/** Whether the request asks for bytes both ways instead of an answer. */
export function mayBecomeTunnel({ method, upgrade }: Pick<RequestHead, 'method' | 'upgrade'>): boolean {
  return upgrade !== undefined || method === 'CONNECT';
}

export class ClientTunnel implements Tunnel {
  readonly #socket: Duplex;
  readonly #output: TunnelOutput;
  readonly #count: TunnelParts['count'];
  readonly #events: TunnelEvents;
  /** What came behind the upgrade request; its receiver is not ready before `upgrade` has returned. */
  #early: Buffer | undefined;
  readonly #finish: () => void;
  readonly #cut: () => void;
  #isClosed = false;
  /** What goes to the client; undefined where it is no WebSocket. */
  readonly #frames: WebsocketFrames | undefined;
  #revocation: 'none' | 'waiting' | 'done' = 'none';
  #cutBy: SallyportError | undefined;

  constructor(socket: Duplex, output: TunnelOutput, rest: TunnelParts) {
    this.#socket = socket;
    this.#output = output;
    this.#count = rest.count;
    this.#events = rest.events;
    this.#early = rest.early;
    this.#finish = rest.finish;
    this.#cut = rest.cut;
    this.#frames = rest.isWebsocket ? new WebsocketFrames() : undefined;
    if (rest.early !== undefined) process.nextTick(() => this.#releaseEarly());
  }

  write(chunk: Buffer): boolean {
    if (this.#isClosed || this.#revocation === 'done') return false;
    const end = this.#frames?.take(chunk);
    if (this.#revocation === 'waiting' && end !== undefined) {
      this.#send(chunk.subarray(0, end));
      this.#sayGoodbye();
      return false;
    }
    this.#send(chunk);
    return !this.#output.isBlocked;
  }

  #send(chunk: Buffer): void {
    this.#count.bytesOut += chunk.length;
    this.#output.pushNow(chunk);
  }

  /**
   * Ends it: a WebSocket at the end of the frame that is on its way to the client, so that the reason is not taken for
   * data; anything else by a cut, since an end in peace would make what came so far look whole.
   */
  revoke(error: SallyportError): void {
    if (this.#isClosed || this.#revocation !== 'none') return;
    this.#revocation = 'waiting';
    if (this.#frames === undefined) {
      this.#cutBy = error;
      this.#cut();
    } else if (this.#frames.isBetween) this.#sayGoodbye();
  }

  #sayGoodbye(): void {
    this.#revocation = 'done';
    this.#output.pushNow(POLICY_VIOLATION);
    this.#events.onEnd();
    this.#finish();
  }

  end(): void {
    this.#finish();
  }

  destroy(): void {
    this.#cut();
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  takeData(chunk: Buffer): void {
    this.#releaseEarly();
    this.#deliver(chunk);
  }

  #releaseEarly(): void {
    const early = this.#early;
    this.#early = undefined;
    if (early !== undefined) this.#deliver(early);
  }

  #deliver(chunk: Buffer): void {
    if (this.#isClosed || this.#revocation === 'done') return;
    this.#count.bytesIn += chunk.length;
    this.#events.onData(chunk);
  }

  takeDrain(): void {
    this.#events.onDrain();
  }

  takeEnd(): void {
    if (!this.#isClosed && this.#revocation !== 'done') this.#events.onEnd();
  }

  takeClose(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#events.onClose(this.#cutBy);
  }
}
