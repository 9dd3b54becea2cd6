// `http_redirect_addr`: the port without TLS.
import type { Clock } from '../core/clock.ts';
import type { BoundAddress, ListenAddress } from '../edge/address.ts';
import type { EdgeSettings } from '../edge/edge.ts';
import type { HeldSocket } from '../edge/held-socket.ts';
import { PlainListener } from '../edge/plain-listener.ts';
import { PlainService } from '../pipeline/plain-service.ts';
import type { Autocert } from './autocert.ts';

export interface PlainPortParts {
  readonly clock: Clock;
  readonly autocert: Autocert;
  readonly reusePort: boolean;
  /** Where the TLS port listens. */
  readonly addresses: () => readonly BoundAddress[];
}

export class PlainPort {
  readonly #parts: PlainPortParts;
  readonly #service: PlainService;
  readonly #listener: PlainListener;

  constructor(edge: EdgeSettings, parts: PlainPortParts) {
    this.#parts = parts;
    this.#service = new PlainService({
      clock: parts.clock,
      httpsPort: () => parts.addresses().flatMap((address) => ('port' in address ? [address.port] : []))[0],
      answerFor: async (token) => await parts.autocert.answerFor(token),
    });
    this.#listener = new PlainListener(this.#listenerParts(edge));
  }

  async listen(address: ListenAddress | HeldSocket): Promise<BoundAddress> {
    return await this.#listener.listen(address);
  }

  /** New limits. */
  apply(edge: EdgeSettings): void {
    this.#listener.parts = this.#listenerParts(edge);
  }

  close(): void {
    this.#listener.close();
  }

  destroy(): void {
    this.#listener.close();
    this.#listener.destroy();
  }

  #listenerParts({ http, listener }: EdgeSettings) {
    return { service: this.#service, http, limits: listener, reusePort: this.#parts.reusePort };
  }
}
