// What we ask of an ACME server (RFC 8555), on behalf of one account. acme-client signs, and counts nonces; how requests
// are made, and what an answer that says no means, is ours: its own way waits where nobody can stop it and turns every
// problem into a sentence.
import { setTimeout as delay } from 'node:timers/promises';
import type { Authorization, Client, Order } from 'acme-client';
import type { Challenge } from 'acme-client/types/rfc8555.js';
import { AcmeProblem } from './problem.ts';
import type { AcmeSettings } from './settings.ts';
import { type AcmeResponse, type AcmeTransportSettings, askAcme, retryAfterMs } from './transport.ts';

export type { Authorization, Challenge, Order };

/** An order as the server shows it, and what it is addressed by. */
export type PlacedOrder = Order & { readonly url: string };

/** Servers refuse good nonces as well; Pebble does to test clients. Ten of a hundred orders would be lost with five tries. */
const MAX_NONCES = 60;
const FIRST_WAIT_MS = 250;
const MAX_WAIT_MS = 5000;

/** What its types do not speak of. */
interface Inside {
  readonly http: {
    maxBadNonceRetries: number;
    request(
      url: string,
      method: string,
      options?: { headers?: Record<string, string>; data?: unknown },
    ): Promise<AcmeResponse>;
    getDirectory(): Promise<Readonly<Record<string, unknown>>>;
  };
  readonly api: {
    accountUrl: string | null;
    apiRequest(url: string, payload: unknown): Promise<AcmeResponse>;
    apiResourceRequest(resource: string, payload: unknown): Promise<AcmeResponse>;
  };
}

export interface SessionParts {
  readonly settings: AcmeSettings;
  /** PEM. */
  readonly accountKey: string;
  /** Undefined: not yet registered. */
  readonly accountUrl: string | undefined;
  /** Ends every request and every wait. */
  readonly signal: AbortSignal;
}

export class AcmeSession {
  readonly #client: Client;
  readonly #inside: Inside;
  readonly #settings: AcmeSettings;
  readonly #transport: AcmeTransportSettings;

  private constructor(client: Client, { settings, signal }: SessionParts) {
    this.#client = client;
    this.#inside = client as unknown as Inside;
    this.#settings = settings;
    this.#transport = { trustedCa: settings.trustedCa, signal };
    this.#inside.http.maxBadNonceRetries = MAX_NONCES;
    this.#inside.http.request = async (url, method, options) => await this.#request(url, method, options);
  }

  /** Loads the library, which takes a moment; asks nobody. */
  static async open(parts: SessionParts): Promise<AcmeSession> {
    const acme = await import('acme-client');
    const { directoryUrl, externalAccount } = parts.settings;
    const client = new acme.Client({
      directoryUrl,
      accountKey: parts.accountKey,
      ...(parts.accountUrl !== undefined && { accountUrl: parts.accountUrl }),
      ...(externalAccount !== undefined && {
        externalAccountBinding: { kid: externalAccount.keyId, hmacKey: externalAccount.macKey },
      }),
    });
    return new AcmeSession(client, parts);
  }

  /** Registers the account, or finds it where its key is known; agrees to the server's terms. Returns its URL. */
  async register(): Promise<string> {
    const { email } = this.#settings;
    const { meta } = (await this.#inside.http.getDirectory()) as { meta?: { externalAccountRequired?: boolean } };
    if (meta?.externalAccountRequired === true && this.#settings.externalAccount === undefined)
      throw new AcmeProblem('the server wants autocert_eab_key_id and autocert_eab_mac_key', {
        type: 'externalAccountRequired',
        status: 0,
      });
    await this.#client.createAccount({
      termsOfServiceAgreed: true,
      ...(email !== undefined && { contact: [`mailto:${email}`] }),
    });
    return this.#client.getAccountUrl();
  }

  async placeOrder(names: readonly string[], replaces?: string): Promise<PlacedOrder> {
    const { profile } = this.#settings;
    const { headers, data } = await this.#inside.api.apiResourceRequest('newOrder', {
      identifiers: names.map((value) => ({ type: 'dns', value })),
      ...(profile !== undefined && { profile }),
      ...(replaces !== undefined && (await this.renewalInfoUrl()) !== undefined && { replaces }),
    });
    if (headers['location'] === undefined)
      throw new AcmeProblem('the server does not say where the order is', { type: 'http', status: 201 });
    return { ...(data as Order), url: headers['location'] };
  }

  async order(url: string): Promise<PlacedOrder> {
    return { ...(await this.#read<Order>(url)), url };
  }

  async authorization(url: string): Promise<Authorization> {
    return await this.#read<Authorization>(url);
  }

  /** What answers the challenge: of dns-01 the value of the TXT record, else the key authorization (RFC 8555 8.1). */
  async keyAuthorization(challenge: Challenge): Promise<string> {
    return await this.#client.getChallengeKeyAuthorization(challenge);
  }

  /** Tells the server to look. */
  async answer(challenge: Challenge): Promise<void> {
    await this.#client.completeChallenge(challenge);
  }

  /** `csr` in DER. */
  async finalize({ finalize }: PlacedOrder, csr: Buffer): Promise<void> {
    await this.#inside.api.apiRequest(finalize, { csr: csr.toString('base64url') });
  }

  /** Asks until it is no longer `pending` or `processing`, ever more rarely; throws AcmeProblem after `timeoutMs`. */
  async settled<Item extends { readonly status: string }>(
    read: () => Promise<Item>,
    waits: readonly string[],
    timeoutMs: number,
  ): Promise<Item> {
    const deadline = performance.now() + timeoutMs;
    for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(waitMs * 2, MAX_WAIT_MS)) {
      const item = await read();
      if (!waits.includes(item.status)) return item;
      if (performance.now() + waitMs > deadline)
        throw new AcmeProblem(`the server has not decided within ${timeoutMs / 1000} s`, { type: 'slow', status: 0 });
      await delay(waitMs, undefined, { signal: this.#transport.signal });
    }
  }

  /** PEM, leaf first; of the preferred chain where there is one. */
  async certificate(url: string): Promise<string> {
    return await this.#client.getCertificate(
      { status: 'valid', certificate: url } as Order,
      this.#settings.preferredChain,
    );
  }

  /** `certPem` is the leaf's; `reason` of RFC 5280 5.3.1. */
  async revoke(certPem: string, reason = 0): Promise<void> {
    await this.#client.revokeCertificate(certPem, { reason });
  }

  /** Undefined where the server tells nobody when to renew (RFC 9773). */
  async renewalInfoUrl(): Promise<string | undefined> {
    const { renewalInfo } = (await this.#inside.http.getDirectory()) as { renewalInfo?: unknown };
    return typeof renewalInfo === 'string' ? renewalInfo : undefined;
  }

  /** Raw, unsigned (RFC 9773 4.1). */
  async get(url: string): Promise<AcmeResponse> {
    return await this.#request(url, 'get');
  }

  async #read<Item>(url: string): Promise<Item> {
    const { data } = await this.#inside.api.apiRequest(url, null);
    return data as Item;
  }

  async #request(
    url: string,
    method: string,
    { headers = {}, data }: { headers?: Record<string, string>; data?: unknown } = {},
  ): Promise<AcmeResponse> {
    const isPost = data !== undefined;
    const response = await askAcme(
      url,
      {
        method: method.toUpperCase(),
        headers: { ...headers, ...(isPost && { 'content-type': 'application/jose+json' }) },
        body: isPost ? JSON.stringify(data) : undefined,
      },
      this.#transport,
    );
    const { status } = response;
    if (status >= 200 && status < 300) return response;
    const problem = AcmeProblem.of(
      response.data,
      status,
      retryAfterMs(response.headers['retry-after'], Date.now()),
    );
    // acme-client tries again with the nonce that came with it.
    if (problem.type === 'badNonce') return response;
    throw problem;
  }
}


