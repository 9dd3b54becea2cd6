// A webhook as lego's `httpreq` calls it: POST /present and /cleanup.
import { basicAuthorization, callApi } from './call.ts';
import type { DnsProvider, TxtRecord } from './provider.ts';

export interface HttpreqSettings {
  readonly url: string;
  readonly username: string | undefined;
  readonly password: string | undefined;
}

export class HttpreqProvider implements DnsProvider {
  readonly #url: string;
  readonly #headers: Readonly<Record<string, string>>;

  constructor({ url, username = '', password = '' }: HttpreqSettings) {
    this.#url = url.replace(/\/$/, '');
    this.#headers =
      username === '' && password === '' ? {} : { authorization: basicAuthorization(username, password) };
  }

  async add(record: TxtRecord, signal: AbortSignal): Promise<(signal: AbortSignal) => Promise<void>> {
    await this.#post('present', record, signal);
    return async (ending) => await this.#post('cleanup', record, ending);
  }

  async #post(act: string, { name, value }: TxtRecord, signal: AbortSignal): Promise<void> {
    const call = { method: 'POST', url: `${this.#url}/${act}`, headers: this.#headers } as const;
    await callApi({ ...call, body: { fqdn: `${name}.`, value } }, signal);
  }
}
