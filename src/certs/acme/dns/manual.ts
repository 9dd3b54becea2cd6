// Somebody puts the record into DNS by hand.
import type { DnsProvider, TxtRecord } from './provider.ts';

export class ManualProvider implements DnsProvider {
  readonly #ask: (record: TxtRecord) => Promise<void>;

  /** `ask` shows the record, and resolves when it has been made. */
  constructor(ask: (record: TxtRecord) => Promise<void>) {
    this.#ask = ask;
  }

  async add(record: TxtRecord): Promise<() => Promise<void>> {
    await this.#ask(record);
    return async () => {};
  }
}
