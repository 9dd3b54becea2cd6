// The one place where every answer of our own is made: refusals, redirects, fixed texts.
import { STATUS_CODES } from 'node:http';
import { ERRORS } from '../core/errors.ts';
import { headerValue } from '../core/flat-headers.ts';
import type { Html } from '../core/html.ts';
import { pageSecurityPolicy } from '../core/page.ts';
import { grpcFields, isGrpc } from '../core/grpc-status.ts';
import { TEMPLATE_POLICY, type RefusalTemplate } from '../core/refusal-template.ts';
import { type Refusal as VisibleRefusal, negotiateRefusal, renderRefusal } from '../core/refusal.ts';
import { shapeAnswer } from './answer-shape.ts';
import type { Life } from './life.ts';
import { classOf, classText } from './refusal-class.ts';
import { type RefusalSettings, statusOf } from './refusal-settings.ts';
import { rateFields } from './rate-limits.ts';
import type { Refusal } from './refusal.ts';
import type { Jwks } from './served-route.ts';

/** Methods that routes are asked by. `TRACE` is not served; who may `CONNECT` knows where to. */
const ALLOW = 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS';
const PAGE_POLICY = pageSecurityPolicy();

/** What the operator has to add to a refusal page: how to get a certificate, say. */
export type RefusalHelp = (refusal: Refusal) => Html | undefined;

/**
 * Says no. The request's body is not read. Returns whether the connection may go on, as far as the refusal is concerned:
 * where nobody was vouched for it may not.
 */
export function refuse(life: Life, refusal: Refusal, help: RefusalHelp | undefined): boolean {
  const { exchange, served, route } = life;
  const { headers } = exchange.request;
  const settings = { ...served.refusals, ...route?.parts.refusals };
  const { status, title = STATUS_CODES[status] ?? 'Error' } = statusOf(refusal.code, settings.status);
  const isLast = !exchange.isRequestComplete || endsConnection(refusal);
  const requestType = headerValue(headers, 'content-type');
  const said = visibleRefusal(life, refusal, settings, { status, title });
  if (requestType !== undefined && isGrpc(requestType)) {
    const isUnauthenticated = refusal.code.startsWith('client_certificate_');
    const message = `${said.text} (${said.reason ?? said.code}; request ${life.requestId})`;
    const fields = grpcFields(
      { httpStatus: ERRORS[refusal.code].status, isUnauthenticated, message },
      requestType,
    );
    reply(life, 200, [...fields, 'Cache-Control', 'no-store'], { body: Buffer.alloc(0), isLast });
    return !endsConnection(refusal);
  }
  const form = negotiateRefusal(headerValue(headers, 'accept'));
  const template = form === 'html' ? settings.template : undefined;
  const { contentType, body } =
    template === undefined
      ? renderRefusal({ ...said, help: form === 'html' ? help?.(refusal) : undefined }, form)
      : { contentType: 'text/html; charset=utf-8', body: template(templateValues(said, life.host)) };
  const fields = ['Content-Type', contentType, 'Cache-Control', 'no-store', 'Vary', 'Accept'];
  if (form === 'html')
    fields.push('Content-Security-Policy', template === undefined ? PAGE_POLICY : TEMPLATE_POLICY);
  const wait = retryAfter(refusal, route);
  if (wait !== undefined) fields.push('Retry-After', String(wait));
  if (refusal.code === 'method_not_allowed') fields.push('Allow', ALLOW);
  if (refusal.code === 'websocket_version')
    fields.push('Upgrade', 'websocket', 'Sec-WebSocket-Version', '13', 'Connection', 'Upgrade');
  reply(life, status, fields, { body: Buffer.from(body), isLast });
  return !endsConnection(refusal);
}

const OVERLOAD_SECONDS = 2;

/** Seconds; undefined: nothing is said of it. */
function retryAfter({ code }: Refusal, route: Life['route']): number | undefined {
  if (code === 'overloaded') return OVERLOAD_SECONDS;
  return code === 'maintenance' ? route?.parts.maintenance?.retryAfterSeconds : undefined;
}

/** What the visitor may know. */
function visibleRefusal(
  life: Life,
  { code, reason, detail, message }: Refusal,
  { showsDetails, enrolUrl }: RefusalSettings,
  head: { readonly status: number; readonly title: string },
): VisibleRefusal {
  const kind = classOf(code, reason);
  return {
    ...head,
    code,
    text: kind === undefined ? ERRORS[code].text : classText(kind),
    reason: kind,
    message,
    enrolUrl: kind !== undefined && kind !== 'not_allowed' ? enrolUrl : undefined,
    ...(showsDetails && { cause: reason, causeText: detail }),
    requestId: life.requestId,
  };
}

function templateValues(said: VisibleRefusal, host: string | undefined): Parameters<RefusalTemplate>[0] {
  const { status, title, text, reason = '', message = '', requestId, enrolUrl = '' } = said;
  return {
    status: String(status),
    title,
    text,
    reason,
    message,
    request_id: requestId,
    enrol_url: enrolUrl,
    host: host ?? '',
  };
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
  const shape = life.error === undefined ? life.route?.parts.answer : undefined;
  if (shape !== undefined) shapeAnswer(all, shape);
  addOwnFields(life, all);
  life.status = status;
  exchange.respond(status, all, status === 204 ? 'none' : body.length, isLast);
  exchange.write(body);
  exchange.end();
}

/** What every answer carries, an app's too. */
export function addOwnFields({ served, exchange, requestId, rate }: Life, fields: string[]): void {
  if (rate !== undefined) fields.push(...rateFields(rate));
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

/** The public keys of assertions. */
export function answerJwks(life: Life, { body }: Jwks): void {
  reply(life, 200, ['Content-Type', 'application/jwk-set+json', 'Cache-Control', 'max-age=300'], { body });
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
