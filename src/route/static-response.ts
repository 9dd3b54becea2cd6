// The response action: an answer that is made when the configuration is read, and never again.
import type { FlatHeaders } from '../core/flat-headers.ts';
import type { Issue } from '../core/issue.ts';
import type { ResponseSettings } from './settings.ts';

export interface StaticResponse {
  readonly status: number;
  /** Names in lower case, always with a content-type where there is a body, without framing fields. */
  readonly headers: FlatHeaders;
  /** Empty for 204, 205 and 304 (RFC 9110 6.4.1). */
  readonly body: Buffer;
}

const NAME = /^[a-z0-9-]+$/;
const VALUE = /^[\t\x20-\x7e]*$/;
const FRAMING = new Set([
  'connection',
  'content-length',
  'keep-alive',
  'transfer-encoding',
  'trailer',
  'upgrade',
]);
const BODILESS = new Set([204, 205, 304]);

/** Issues are pushed with paths relative to the route; undefined when there is one. */
export function compileStaticResponse(
  settings: ResponseSettings,
  issues: Issue[],
): StaticResponse | undefined {
  const before = issues.length;
  const { status = 200, body = '' } = settings;
  if (!Number.isInteger(status) || status < 200 || status > 599)
    issues.push({ path: ['response', 'status'], message: `${status} is not a status from 200 to 599` });
  if (body !== '' && BODILESS.has(status))
    issues.push({
      path: ['response', 'body'],
      message: `cannot be sent with the status ${status}: remove it`,
    });
  const headers: string[] = [];
  for (const [name, value] of Object.entries(settings.headers ?? {})) {
    const lower = name.toLowerCase();
    const path = ['response', 'headers', name];
    if (!NAME.test(lower)) issues.push({ path, message: `'${name}' is not a header name` });
    else if (FRAMING.has(lower)) issues.push({ path, message: 'is set by the proxy: remove it' });
    else if (!VALUE.test(value)) issues.push({ path, message: 'must be printable ASCII' });
    headers.push(lower, value);
  }
  if (body !== '' && !headers.some((name, i) => i % 2 === 0 && name === 'content-type'))
    headers.unshift('content-type', 'text/plain; charset=utf-8');
  return issues.length > before ? undefined : { status, headers, body: Buffer.from(body) };
}
