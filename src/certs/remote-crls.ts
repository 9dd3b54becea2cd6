// Every address that revocation lists are fetched from.
import { RemoteCrl, type RemoteCrlParts, type RemoteCrlSettings } from './remote-crl.ts';

export class RemoteCrls {
  readonly #parts: RemoteCrlParts;
  readonly #all = new Map<string, RemoteCrl>();

  constructor(parts: RemoteCrlParts) {
    this.#parts = parts;
  }

  /** What is known of the address; waits for it the first time, ten seconds at most. */
  async get(settings: RemoteCrlSettings): Promise<Pick<RemoteCrl, 'lists' | 'fault'>> {
    const known = this.#all.get(settings.url);
    if (known !== undefined) {
      await known.use(settings);
      return known;
    }
    const remote = new RemoteCrl(settings, this.#parts);
    this.#all.set(settings.url, remote);
    await remote.start();
    return remote;
  }

  /** Forgets every other address. */
  retain(urls: ReadonlySet<string>): void {
    for (const [url, remote] of this.#all)
      if (!urls.has(url)) {
        remote.stop();
        this.#all.delete(url);
      }
  }

  stop(): void {
    this.retain(new Set());
  }
}
