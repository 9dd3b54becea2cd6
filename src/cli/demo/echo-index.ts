// The page of the echo app: what it can be asked for, and two buttons that try what no link can.
import { html } from '../../core/html.ts';
import type { PageParts } from '../../core/page.ts';
import { WEBSOCKET_SCRIPT, WEBSOCKET_WIDGET } from './websocket-widget.ts';

/** An event a second through both doors: one that came late or in a bundle would show that somebody buffers. */
const CLOCK_SCRIPT = `
const time = document.getElementById('clock');
document.getElementById('start').addEventListener('click', ({ target }) => {
  target.disabled = true;
  const events = new EventSource('/sse');
  events.addEventListener('tick', ({ data }) => { time.textContent = data; });
  events.onerror = () => { time.textContent = 'no connection'; };
});
`;

export const ECHO_INDEX: PageParts = {
  title: 'echo',
  body: html`<h1>echo</h1>
<p>Sends back what it gets, or what it is asked for.</p>
<table>
<tr><th scope="col">Request</th><th scope="col">Answer</th></tr>
<tr><td><code>POST /anything</code></td><td>the body as it comes in, of any size</td></tr>
<tr><td><code>POST /count</code></td><td>how many bytes came in, and their SHA-256, as JSON</td></tr>
<tr><td><a href="/bytes/1024"><code>GET /bytes/1024</code></a></td><td>that many bytes</td></tr>
<tr><td><a href="/sse"><code>GET /sse</code></a></td><td>a clock: one server-sent event a second</td></tr>
<tr><td><code>GET /ws</code></td><td>a WebSocket that sends back every message</td></tr>
<tr><td><a href="/status/404"><code>GET /status/404</code></a></td><td>an answer with that status</td></tr>
<tr><td><a href="/delay/1000"><code>GET /delay/1000</code></a></td><td>an answer after that many milliseconds</td></tr>
</table>
<h2>WebSocket</h2>
${WEBSOCKET_WIDGET}
<h2>Clock</h2>
<p><button type="button" id="start">Start the clock</button><output id="clock" for="start"></output></p>`,
  script: `${WEBSOCKET_SCRIPT}${CLOCK_SCRIPT}`,
  footer: html`The echo demo app. It lets nobody in but Sallyport.`,
};
