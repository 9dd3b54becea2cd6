// The status as a page.
import { type Html, html } from '../core/html.ts';
import { page, pageSecurityPolicy } from '../core/page.ts';
import type { AdminAnswer } from './admin-server.ts';
import { LIVE_SCRIPT, liveHtml, type LiveFigures } from './dashboard.ts';

/** What is said of one certificate, list or host. */
export interface EntryView {
  readonly severity: string;
  readonly use: string;
  readonly name: string;
  readonly ends: string | null;
  readonly problem: string | null;
}

export interface StatusView {
  readonly version: string;
  readonly state: string;
  readonly addresses: readonly string[];
  readonly connections: number;
  readonly routes: number;
  readonly uptime_seconds: number;
  readonly last_reload: {
    readonly time: string;
    readonly result: string;
    readonly trigger: string;
    readonly issues: readonly string[];
  } | null;
  readonly live: LiveFigures;
  readonly certificates: { readonly status: string; readonly entries: readonly EntryView[] };
}

/** `now`: milliseconds since the epoch. */
export function statusPage(status: StatusView, now: number): AdminAnswer {
  const body = page({
    title: 'Sallyport',
    body: bodyOf(status, now),
    footer: html`Sallyport ${status.version}`,
    script: LIVE_SCRIPT,
  });
  return htmlAnswer(body, { 'content-security-policy': pageSecurityPolicy(LIVE_SCRIPT) });
}

/** What the page replaces itself with. */
export function livePart({ live }: StatusView, now: number): AdminAnswer {
  return htmlAnswer(liveHtml(live, now).toString(), {});
}

function htmlAnswer(body: string, headers: Readonly<Record<string, string>>): AdminAnswer {
  return { status: 200, contentType: 'text/html; charset=utf-8', body, headers };
}

function bodyOf(
  { state, addresses, connections, routes, uptime_seconds: uptime, ...rest }: StatusView,
  now: number,
): Html {
  const { last_reload: reload, certificates, live } = rest;
  return html`<h1>Sallyport is ${state}</h1>
<dl>
<dt>Listens on</dt><dd class="data">${addresses.join(', ')}</dd>
<dt>Connections</dt><dd>${connections}</dd>
<dt>Routes</dt><dd>${routes}</dd>
<dt>Up for</dt><dd>${uptime} s</dd>
<dt>Last reload</dt><dd>${reload === null ? 'none' : reloadOf(reload)}</dd>
</dl>
<p><button type="button" id="pause" aria-pressed="false" hidden>Pause</button></p>
<div id="live">${liveHtml(live, now)}</div>
<h2>Certificates and revocation lists: ${certificates.status}</h2>
<table>
<tr><th>Use</th><th>Name</th><th>Ends</th></tr>
${certificates.entries.map((entry) => rowOf(entry))}
</table>
<h2>More</h2>
<p><a href="/status">/status</a>, <a href="/certs">/certs</a>, <a href="/metrics">/metrics</a>, <code>/explain?url=https://…</code></p>`;
}

function reloadOf({ time, result, trigger, issues }: NonNullable<StatusView['last_reload']>): Html {
  const list =
    issues.length === 0 ? undefined : html`<ul>${issues.map((issue) => html`<li>${issue}</li>`)}</ul>`;
  return html`${result === 'refused' ? html`<strong class="bad">refused</strong>` : result} by ${trigger}, ${time}${list}`;
}

function rowOf({ severity, use, name, ends, problem }: EntryView): Html {
  const tone = severity === 'ok' ? 'quiet' : 'bad';
  const trouble = problem === null ? undefined : html`<div class="${tone}">${problem}</div>`;
  return html`<tr><td>${use}</td><td class="data">${name}${trouble}</td><td>${ends?.slice(0, 16).replace('T', ' ') ?? '-'}</td></tr>`;
}
