// Cloudflare's API, version 4, with a token that may edit DNS (what acme.sh calls `dns_cf`).
import { AcmeProblem } from '../problem.ts';
import { callApi } from './call.ts';
import { type DnsProvider, RECORD_TTL, type TxtRecord } from './provider.ts';

const API = 'https://api.cloudflare.com/client/v4';

interface Found {
  readonly result?: readonly { readonly id?: unknown }[] | { readonly id?: unknown } | null;
}

export class CloudflareProvider implements DnsProvider {
  readonly #api: string;
  readonly #headers: Readonly<Record<string, string>>;

  /** `api` is for tests. */
  constructor(token: string, api = API) {
    this.#api = api;
    this.#headers = { authorization: `Bearer ${token}` };
  }

  async add({ name, value }: TxtRecord, signal: AbortSignal): Promise<(signal: AbortSignal) => Promise<void>> {
    const zone = await this.#zoneOf(name, signal);
    const body = { type: 'TXT', name, content: `"${value}"`, ttl: RECORD_TTL, comment: 'ACME, by Sallyport' };
    const record = idOf(await this.#call('POST', `/zones/${zone}/dns_records`, signal, body));
    if (record === undefined)
      throw new AcmeProblem('Cloudflare does not say which record it made', { type: 'dnsProvider', status: 0 });
    return async (ending) => {
      await this.#call('DELETE', `/zones/${zone}/dns_records/${record}`, ending);
    };
  }

  /** Of the longest zone that the name is in and the token may see. */
  async #zoneOf(name: string, signal: AbortSignal): Promise<string> {
    for (let zone = name; zone.includes('.'); zone = zone.slice(zone.indexOf('.') + 1)) {
      const id = idOf(await this.#call('GET', `/zones?name=${encodeURIComponent(zone)}&status=active`, signal));
      if (id !== undefined) return id;
    }
    throw new AcmeProblem(`the token sees no zone at Cloudflare that ${name} is in`, {
      type: 'dnsProvider',
      status: 0,
    });
  }

  async #call(method: 'GET' | 'POST' | 'DELETE', path: string, signal: AbortSignal, body?: object) {
    const call = { method, url: `${this.#api}${path}`, headers: this.#headers, body };
    return (await callApi(call, signal)) as Found;
  }
}

/** It goes into paths. */
function idOf({ result }: Found): string | undefined {
  const first = Array.isArray(result) ? (result[0] as { id?: unknown } | undefined) : (result as { id?: unknown });
  const id = first?.id;
  return typeof id === 'string' && /^[A-Za-z0-9]+$/.test(id) ? id : undefined;
}
