// What serves, as one: the edge, behind it the pipeline, and the TLS that passes through.
import type { Observer } from '../core/observer.ts';
import type { Clock } from '../core/clock.ts';
import type { SharedLimits } from '../core/shared-limits.ts';
import { MemoryBudget } from '../core/memory-budget.ts';
import { Edge } from '../edge/edge.ts';
import type { BoundAddress, ListenAddress } from '../edge/address.ts';
import type { HeldSocket } from '../edge/held-socket.ts';
import type { SharedSessions } from '../edge/shared-sessions.ts';
import { Passthrough } from '../pipeline/passthrough.ts';
import { Pipeline, type PipelineParts } from '../pipeline/pipeline.ts';
import type { Build } from './build.ts';
import type { LiveNow } from './live-view.ts';
import { memoryLimitOf, reportMemory } from './memory.ts';
import type { Renewals } from './renewals.ts';

export interface ServingParts extends Pick<PipelineParts, 'newRequestId' | 'help' | 'tracer'> {
  /** What is in force. */
  readonly built: () => Build;
  readonly observer: Observer;
  readonly clock: Clock;
  readonly renewals: Renewals;
  readonly sessions: SharedSessions;
  readonly limits: SharedLimits;
}

/** Before it serves. */
export const NOTHING_YET: ReturnType<Serving['live']> = { clients: [], requests: [], memoryShare: 0 };

export class Serving {
  readonly #edge: Edge;
  readonly #memory: MemoryBudget;
  readonly #pipeline: Pipeline;
  readonly #passthrough: Passthrough;

  /** Throws where a certificate or key is unusable. */
  constructor({ built, renewals, ...parts }: ServingParts) {
    const { observer, clock } = parts;
    const { edge, settings } = built();
    const { autocert, staples } = renewals;
    this.#memory = new MemoryBudget({
      connections: () => this.connections,
      onChange: (state, share) => reportMemory({ state, share }, observer, clock.now()),
    });
    const serving = { ...parts, served: () => built().served, memory: this.#memory };
    this.#pipeline = new Pipeline(serving);
    this.#passthrough = new Passthrough(serving);
    this.#edge = new Edge(edge, {
      service: this.#pipeline,
      passthrough: this.#passthrough,
      challenges: async (host) => await autocert.challengeFor(host),
      prepare: (host) => autocert.prepare(host),
      staple: (certificate) => staples.get(certificate),
      observer,
      clock,
      reusePort: settings.reuse_port,
      sessions: parts.sessions,
      limits: parts.limits,
      memory: this.#memory,
    });
    this.#memory.limitBytes = memoryLimitOf(settings);
  }

  get connections(): number {
    return this.#edge.connections;
  }

  live(): Omit<LiveNow, 'upstreams'> {
    return {
      clients: this.#edge.clients(),
      requests: this.#pipeline.requests(),
      memoryShare: this.#memory.share,
    };
  }

  async listen(addresses: readonly (ListenAddress | HeldSocket)[]): Promise<BoundAddress[]> {
    return await this.#edge.listen(addresses);
  }

  /** Certificates, trust and limits. Throws, with nothing changed, when a certificate is unusable. */
  apply({ edge, settings }: Build): void {
    this.#edge.apply(edge);
    this.#memory.limitBytes = memoryLimitOf(settings);
  }

  /** To be called when routes and policy in force are others: ends what would be refused now. */
  reconsider(): void {
    void this.#pipeline.reconsider();
    this.#passthrough.reconsider();
  }

  async drain(deadlineMs: number): Promise<void> {
    await this.#edge.drain(deadlineMs);
    this.#memory.stop();
  }
}
