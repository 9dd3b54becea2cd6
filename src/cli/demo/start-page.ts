// The start page at https://localhost: where one can go from here, and as whom.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { html } from '../../core/html.ts';
import { formFor, pathOf, sendJson, sendPage, sendText } from './answers.ts';
import { callerList, callerRows } from './caller-list.ts';
import { callerOf } from './caller.ts';
import type { DemoHandler } from './demo-app.ts';

export interface DemoRoute {
  /** `https://whoami.sallyport.localhost:8443` */
  readonly url: string;
  readonly description: string;
}

/** The handler of the start page. `routesNow` is asked on every request: the port may be known only later. */
export function startPage(routesNow: () => readonly DemoRoute[]): DemoHandler {
  return (request: IncomingMessage, response: ServerResponse) => {
    if (pathOf(request) !== '/') {
      sendText(response, 'There is nothing here but the start page at /.\n', 404);
      return;
    }
    const routes = routesNow();
    const { caller } = callerOf(request.headers);
    const form = formFor(request);
    if (form === 'json') sendJson(response, { routes, caller });
    else if (form === 'text') {
      const lines = [
        'Sallyport is running.',
        ...(caller === undefined ? [] : callerRows(caller).map(([label, value]) => `${label}: ${value}`)),
        ...routes.map(({ url, description }) => `${url}  ${description}`),
      ];
      sendText(response, `${lines.join('\n')}\n`);
    } else
      sendPage(response, {
        title: 'Sallyport is running',
        body: html`<h1>Sallyport is running</h1>
<p>You came through mutual TLS: your browser showed a certificate, and the app behind this page saw Sallyport’s.</p>
<h2>Routes</h2>
<ul>
${routes.map(({ url, description }) => html`<li><a href="${url}">${url}</a><br><span class="quiet">${description}</span></li>\n`)}
</ul>
<h2>The certificate you showed</h2>
${caller === undefined ? html`<p class="bad">Nobody told this page.</p>` : callerList(caller)}`,
      });
  };
}
