// The answers that demo apps give, in the three forms that they are asked for.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type PageParts, page, pageSecurityPolicy } from '../../core/page.ts';
import { type RefusalForm, negotiateRefusal } from '../../core/refusal.ts';

/** Page, JSON or text, by `Accept`: browsers, programs, terminals. */
export function formFor(request: IncomingMessage): RefusalForm {
  return negotiateRefusal(request.headers.accept);
}

/** Path without the query, as sent. */
export function pathOf(request: IncomingMessage): string {
  return (request.url ?? '/').split('?', 1)[0] ?? '/';
}

export function sendPage(response: ServerResponse, parts: PageParts, status = 200): void {
  send(response, status, 'text/html; charset=utf-8', page(parts), {
    'content-security-policy': pageSecurityPolicy(parts.script),
  });
}

export function sendJson(response: ServerResponse, value: unknown, status = 200): void {
  send(response, status, 'application/json', `${JSON.stringify(value, undefined, 2)}\n`);
}

export function sendText(response: ServerResponse, text: string, status = 200): void {
  send(response, status, 'text/plain; charset=utf-8', text);
}

function send(
  response: ServerResponse,
  status: number,
  contentType: string,
  text: string,
  headers: Record<string, string> = {},
): void {
  const body = Buffer.from(text);
  response.writeHead(status, {
    'content-type': contentType,
    'content-length': body.length,
    'cache-control': 'no-store',
    vary: 'Accept',
    'x-content-type-options': 'nosniff',
    ...headers,
  });
  response.end(body);
}
