// A call of a provider's HTTP API, with JSON both ways.
import { AcmeProblem } from '../problem.ts';
import { askAcme } from '../transport.ts';

export interface ApiCall {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: object | undefined;
}

/** The answer as parsed. Throws AcmeProblem where it is not a 2xx. */
export async function callApi({ method, url, headers, body }: ApiCall, signal: AbortSignal): Promise<unknown> {
  const { status, data } = await askAcme(
    url,
    {
      method,
      headers: { ...headers, ...(body !== undefined && { 'content-type': 'application/json' }) },
      body: body === undefined ? undefined : JSON.stringify(body),
    },
    { trustedCa: undefined, signal },
  );
  if (status >= 200 && status < 300) return data;
  const { origin, pathname } = new URL(url);
  const said = typeof data === 'string' ? data : JSON.stringify(data);
  throw new AcmeProblem(
    `${method} ${origin}${pathname} answered ${status}: ${said.slice(0, 200).replaceAll(/\p{Cc}+/gu, ' ')}`,
    { type: 'dnsProvider', status: 0 },
  );
}

export function basicAuthorization(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}
