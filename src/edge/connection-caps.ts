// How many connections there may be: of everybody, and of one address. Asked at accept, before anything is spent on one.
import type { Socket } from 'node:net';
import type { MemoryBudget } from '../core/memory-budget.ts';
import type { ConnectionRefused } from '../core/observer.ts';
import type { FailedHandshakes } from './failed-handshakes.ts';

export interface CapLimits {
  readonly maxHandshakes: number;
  readonly maxConnections: number;
  readonly maxConnectionsPerAddress: number;
}

/** Which of them is reached. */
export type ExceededCap = Pick<ConnectionRefused, 'cap' | 'limit'>;

export class ConnectionCaps {
  readonly #failures: FailedHandshakes;
  readonly #memory: Pick<MemoryBudget, 'state' | 'limitBytes'> | undefined;
  readonly #perAddress = new Map<string, number>();

  constructor(failures: FailedHandshakes, memory: Pick<MemoryBudget, 'state' | 'limitBytes'> | undefined) {
    this.#failures = failures;
    this.#memory = memory;
  }

  /** `now`: how many there are. */
  ofAll(
    { maxConnections, maxHandshakes }: CapLimits,
    now: { readonly connections: number; readonly handshakes: number },
  ): ExceededCap | undefined {
    if (now.connections >= maxConnections) return { cap: 'connections', limit: maxConnections };
    if (now.handshakes >= maxHandshakes) return { cap: 'handshakes', limit: maxHandshakes };
    if (this.#memory?.state === 'full') return { cap: 'memory', limit: this.#memory.limitBytes };
    return undefined;
  }

  ofAddress({ maxConnectionsPerAddress: limit }: CapLimits, address: string): ExceededCap | undefined {
    if (this.#failures.isBlocked(address))
      return { cap: 'failed_handshakes', limit: this.#failures.perMinute };
    // Everybody on a unix socket has the same address: that of whoever stands in front.
    if (address !== '' && (this.#perAddress.get(address) ?? 0) >= limit)
      return { cap: 'connections_per_address', limit };
    return undefined;
  }

  /** Until it is closed. */
  count(socket: Socket, address: string): void {
    this.#perAddress.set(address, (this.#perAddress.get(address) ?? 0) + 1);
    socket.once('close', () => {
      const left = (this.#perAddress.get(address) ?? 1) - 1;
      if (left === 0) this.#perAddress.delete(address);
      else this.#perAddress.set(address, left);
    });
  }
}
