// A server of acme-dns (github.com/joohoi/acme-dns), which keeps TXT records and nothing else: `_acme-challenge` of the
// host is a CNAME to a name that it gives out once.
import type { Storage } from '../../storage/storage.ts';
import { AcmeProblem } from '../problem.ts';
import { callApi } from './call.ts';
import type { DnsProvider, TxtRecord } from './provider.ts';

interface Account {
  readonly username: string;
  readonly password: string;
  readonly fulldomain: string;
  readonly subdomain: string;
}

export class AcmeDnsProvider implements DnsProvider {
  readonly #url: string;
  readonly #storage: Storage;

  constructor(url: string, storage: Storage) {
    this.#url = url.replace(/\/$/, '');
    this.#storage = storage;
  }

  /** Throws, the first time, with the CNAME that is needed. Its servers keep two values a name, and forget by themselves. */
  async add({ host, name, value }: TxtRecord, signal: AbortSignal): Promise<() => Promise<void>> {
    const account = await this.#accountFor(host, signal);
    if (name !== account.fulldomain)
      throw new AcmeProblem(
        `_acme-challenge.${host} leads to ${name}: make it a CNAME to ${account.fulldomain}.`,
        { type: 'dnsProvider', status: 0 },
      );
    await callApi(
      {
        method: 'POST',
        url: `${this.#url}/update`,
        headers: { 'x-api-user': account.username, 'x-api-key': account.password },
        body: { subdomain: account.subdomain, txt: value },
      },
      signal,
    );
    return async () => {};
  }

  async #accountFor(host: string, signal: AbortSignal): Promise<Account> {
    const key = `acme-dns/${new URL(this.#url).host.replace(':', '_')}/${host}.json`;
    const kept = (await this.#storage.read(key))?.toString('utf8');
    if (kept !== undefined) return JSON.parse(kept) as Account;
    const given = await callApi(
      { method: 'POST', url: `${this.#url}/register`, headers: {}, body: {} },
      signal,
    );
    if (!isAccount(given))
      throw new AcmeProblem('the acme-dns server gives no account', { type: 'dnsProvider', status: 0 });
    await this.#storage.write(key, JSON.stringify(given));
    return given;
  }
}

function isAccount(given: unknown): given is Account {
  const account = (typeof given === 'object' && given !== null ? given : {}) as Record<string, unknown>;
  return ['username', 'password', 'fulldomain', 'subdomain'].every((name) => typeof account[name] === 'string');
}
