// The one place where every answer of our own is made: refusals, redirects, fixed texts.
import { STATUS_CODES } from 'node:http';
import { ERRORS } from '../core/errors.ts';
import { headerValue } from '../core/flat-headers.ts';
import type { Html } from '../core/html.ts';
import { pageSecurityPolicy } from '../core/page.ts';
import { negotiateRefusal, renderRefusal } from '../core/refusal.ts';
import type { Life } from './life.ts';
import type { Refusal } from './refusal.ts';

/** Methods that routes are asked by; `CONNECT` and `TRACE` are not served. */
const ALLOW = 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS';
const PAGE_POLICY = pageSecurityPolicy();

/** What the operator has to add to a refusal page: how to get a certificate, say. */
export type RefusalHelp = (refusal: Refusal) => Html | undefined;

/**
 * Says no. The request's body is not read: where there is one that has not arrived, or where nobody was vouched for,
 * the connection goes no further. Returns whether it may.
 */
export function refuse(life: Life, refusal: Refusal, help: RefusalHelp | undefined): boolean {
  const { exchange } = life;
  const kind = ERRORS[refusal.code];
  const form = negotiateRefusal(headerValue(exchange.request.headers, 'accept'));
  const { contentType, body } = renderRefusal(
    {
      status: kind.status,
      title: STATUS_CODES[kind.status] ?? 'Error',
      code: refusal.code,
      text: kind.text,
      reason: refusal.reason,
      requestId: life.requestId,
      help: form === 'html' ? help?.(refusal) : undefined,
    },
    form,
  );
  const fields = ['Content-Type', contentType, 'Cache-Control', 'no-store', 'Vary', 'Accept'];
  if (form === 'html') fields.push('Content-Security-Policy', PAGE_POLICY);
  if (refusal.code === 'method_not_allowed') fields.push('Allow', ALLOW);
  if (refusal.code === 'websocket_version')
    fields.push('Upgrade', 'websocket', 'Sec-WebSocket-Version', '13', 'Connection', 'Upgrade');
  const isLast = !exchange.isRequestComplete || endsConnection(refusal);
  reply(life, kind.status, fields, { body: Buffer.from(body), isLast });
  return !isLast;
}

/** A browser that imports a certificate now must make a new connection to show it. */
function endsConnection({ code }: Refusal): boolean {
  return (
    code === 'client_certificate_required' || code === 'client_certificate_invalid' || code === 'misdirected'
  );
}

/** Answers with a whole body in one write. Adds Date, X-Request-Id and HSTS. */
export function reply(
  life: Life,
  status: number,
  fields: readonly string[],
  { body, isLast = false }: { body: Buffer; isLast?: boolean },
): void {
  const { exchange } = life;
  const all = ['Date', httpDate(), ...fields, 'X-Content-Type-Options', 'nosniff'];
  addOwnFields(life, all);
  life.status = status;
  exchange.respond(status, all, status === 204 ? 'none' : body.length, isLast);
  exchange.write(body);
  exchange.end();
}

/** What every answer carries, an app's too. */
export function addOwnFields({ served, exchange, requestId }: Life, fields: string[]): void {
  setField(fields, 'X-Request-Id', requestId);
  // An app's own word goes even where we say nothing: it would hold for every port of a developer's localhost.
  setField(fields, 'Strict-Transport-Security', served.hsts(exchange.connection.sni));
}

/** Replaces every copy of the field; without a value removes them. */
function setField(fields: string[], name: string, value: string | undefined): void {
  for (let i = fields.length - 2; i >= 0; i -= 2) {
    const other = fields[i];
    if (other?.length === name.length && other.toLowerCase() === name.toLowerCase()) fields.splice(i, 2);
  }
  if (value !== undefined) fields.push(name, value);
}

/** `OPTIONS *` is about the proxy, not about an app. */
export function answerOptions(life: Life): void {
  reply(life, 204, ['Allow', ALLOW], { body: Buffer.alloc(0) });
}

let dateText = '';
let dateSecond = 0;

/** The date of an answer, made once a second. */
function httpDate(): string {
  const second = Math.floor(Date.now() / 1000);
  if (second !== dateSecond) {
    dateSecond = second;
    dateText = new Date(second * 1000).toUTCString();
  }
  return dateText;
}
