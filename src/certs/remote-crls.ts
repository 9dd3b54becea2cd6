// Everything that revocation lists are fetched for: an address, and the CAs that have to have signed what is there.
import { RemoteCrl, type RemoteCrlParts, type RemoteCrlSettings } from './remote-crl.ts';

export class RemoteCrls {
  readonly #parts: RemoteCrlParts;
  readonly #all = new Map<string, RemoteCrl>();

  constructor(parts: RemoteCrlParts) {
    this.#parts = parts;
  }

  /** The same one for the same settings; waits for its lists the first time, ten seconds at most. */
  async get(settings: RemoteCrlSettings): Promise<RemoteCrl> {
    const key = keyOf(settings);
    const known = this.#all.get(key);
    if (known !== undefined) return known;
    const remote = new RemoteCrl(settings, this.#parts);
    this.#all.set(key, remote);
    await remote.start();
    return remote;
  }

  /** Asks for nothing else any more. */
  retain(used: ReadonlySet<RemoteCrl>): void {
    for (const [key, remote] of this.#all)
      if (!used.has(remote)) {
        remote.stop();
        this.#all.delete(key);
      }
  }

  stop(): void {
    this.retain(new Set());
  }
}

function keyOf({ anchors, ...settings }: RemoteCrlSettings): string {
  return JSON.stringify([settings, anchors.map(({ facts }) => facts.sha256)]);
}
