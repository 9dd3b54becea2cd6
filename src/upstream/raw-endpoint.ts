// An address behind which no HTTP is spoken: every attempt is a connection of its own, handed over as soon as it is there.
import type { SallyportError } from '../core/errors.ts';
import type { Connect } from './connector.ts';
import type { Attempt, AttemptSink, Endpoint, OutgoingHead } from './contract.ts';
import type { PoolSettings } from './pool-settings.ts';
import type { PoolSource } from './pooled-endpoint.ts';

export class RawEndpoint implements Endpoint {
  readonly name: string;
  readonly authority: string;
  readonly #settings: PoolSettings;
  readonly #source: PoolSource;
  #connect: Connect | undefined;

  constructor(settings: PoolSettings, source: PoolSource) {
    this.name = settings.target.name;
    this.authority = settings.target.authority;
    this.#settings = settings;
    this.#source = source;
  }

  open(_head: OutgoingHead, sink: AttemptSink): Attempt {
    this.#connect ??= this.#source.connector(this.#settings);
    let isOver = false;
    this.#connect((error, socket) => {
      if (isOver) socket?.destroy();
      else if (socket !== null) sink.onUpgrade([], socket);
      else sink.onError(error as SallyportError, 'none');
    });
    return { ...NOTHING_TO_SAY, abort: () => (isOver = true) };
  }
}

/** Before the connection is there nothing is said to it, and it says nothing. */
const NOTHING_TO_SAY = {
  write: () => true,
  end: () => {},
  pause: () => {},
  resume: () => {},
};
