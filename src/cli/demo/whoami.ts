// The whoami app: shows who it was told is calling, and every header it got, as a page, as JSON or as text.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { html } from '../../core/html.ts';
import { formFor, sendJson, sendPage, sendText } from './answers.ts';
import { callerList, callerRows } from './caller-list.ts';
import { type CallerReport, callerOf } from './caller.ts';
import { WEBSOCKET_SCRIPT, WEBSOCKET_WIDGET } from './websocket-widget.ts';

/** The handler of the whoami app; the WebSocket echo at `/ws` is the server's. */
export function whoami(request: IncomingMessage, response: ServerResponse): void {
  const report = callerOf(request.headers);
  const headers = headerPairs(request);
  const form = formFor(request);
  if (form === 'json') {
    const { method, url, httpVersion } = request;
    sendJson(response, { ...report, request: { method, url, httpVersion }, headers });
  } else if (form === 'text') sendText(response, asText(report, headers));
  else sendPage(response, asPage(report, headers));
}

/** As they came, a repeated one as often as it came. */
function headerPairs({ rawHeaders }: IncomingMessage): [name: string, value: string][] {
  const pairs: [string, string][] = [];
  for (let i = 0; i < rawHeaders.length; i += 2) pairs.push([rawHeaders[i] ?? '', rawHeaders[i + 1] ?? '']);
  return pairs;
}

const NOBODY = 'Nobody told me who you are.';

function asText({ caller, doubts }: CallerReport, headers: readonly [string, string][]): string {
  const lines =
    caller === undefined
      ? [NOBODY]
      : [`You are ${caller.name}`, ...callerRows(caller).map(([label, value]) => `${label}: ${value}`)];
  const received = headers.map(([name, value]) => `${name}: ${value}`);
  return `${[...lines, ...doubts.map((doubt) => `Doubt: ${doubt}`), '', ...received].map(visible).join('\n')}\n`;
}

/** A terminal must not be steered by what somebody put into a certificate or header. */
function visible(line: string): string {
  return line.replace(/\p{Cc}/gu, '\u{fffd}');
}

function asPage({ caller, doubts }: CallerReport, headers: readonly [string, string][]) {
  const title = caller === undefined ? NOBODY : `You are ${caller.name}`;
  return {
    title,
    script: WEBSOCKET_SCRIPT,
    body: html`<h1 id="who">${title}</h1>
${caller === undefined ? undefined : callerList(caller)}
${doubts.map((doubt) => html`<p class="bad">${doubt}</p>`)}
<h2>WebSocket</h2>
${WEBSOCKET_WIDGET}
<h2>Headers</h2>
<table>
<tr><th scope="col">Name</th><th scope="col">Value</th></tr>
${headers.map(([name, value]) => html`<tr><td class="data">${name}</td><td class="data">${value}</td></tr>\n`)}
</table>`,
    footer: html`The whoami demo app. It lets nobody in but Sallyport, and believes what Sallyport says.`,
  };
}
