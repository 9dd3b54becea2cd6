// What goes on right now, for eyes: charts of the last two minutes, the apps, who is connected, who is refused and why. The
// page asks for it again every two seconds; it is whole without any script, too.
import { type Html, html } from '../core/html.ts';

export interface LiveFigures {
  readonly clients: readonly {
    readonly subject: string;
    readonly notAfter: number;
    readonly connections: number;
  }[];
  readonly upstreams: readonly {
    readonly name: string;
    readonly isReady: boolean | null;
    readonly open: number;
    readonly inFlight: number;
    readonly waiting: number;
  }[];
  readonly requests: readonly { readonly route: string; readonly inFlight: number }[];
  /** Of the memory that one process may use. */
  readonly memoryShare: number;
  readonly activity: {
    readonly seconds: readonly {
      readonly at: number;
      readonly requests: number;
      readonly failed: number;
      readonly refused: number;
      readonly p50: number;
      readonly p99: number;
    }[];
    readonly refusals: readonly {
      readonly reason: string;
      readonly count: number;
      readonly url: string;
      readonly address: string;
    }[];
    readonly routes: readonly {
      readonly name: string;
      readonly requests: number;
      readonly failed: number;
      readonly refused: number;
    }[];
  };
}

type Second = LiveFigures['activity']['seconds'][number];

const SECONDS = 120;
const WIDTH = 600;
const HEIGHT = 60;
const MAX_ROWS = 20;
/** From here on it is worth a word. */
const HIGH_MEMORY = 0.75;

/** `now`: milliseconds since the epoch. */
export function liveHtml(figures: LiveFigures, now: number): Html {
  const { clients, upstreams, activity, memoryShare } = figures;
  const underWay = new Map(figures.requests.map((one) => [one.route, one.inFlight]));
  const known = new Set(activity.routes.map(({ name }) => name));
  const begun = figures.requests
    .filter(({ route }) => !known.has(route))
    .map(({ route }) => ({ name: route, requests: 0, refused: 0, failed: 0 }));
  const nowSecond = Math.floor(now / 1000);
  // The second that is under way is not whole.
  const last = activity.seconds.find(({ at }) => at === nowSecond - 1);
  const chart = (title: string, unit: string, of: (second: Second) => number): Html =>
    chartHtml(
      title,
      `${last === undefined ? 0 : of(last)} ${unit}`,
      pointsOf(activity.seconds, nowSecond, of),
    );
  return html`<div class="charts">
${chart('Requests', 'a second', ({ requests }) => requests)}
${chart('Latency of 99 in 100', 'ms', ({ p99 }) => p99)}
${chart('Refused', 'a second', ({ refused }) => refused)}
${chart('Failed', 'a second', ({ failed }) => failed)}
</div>
${memoryShare < HIGH_MEMORY ? undefined : html`<p class="bad">${Math.round(memoryShare * 100)} % of the memory that may be used is in use.</p>`}
<h2>Routes</h2>
${tableOf(
  ['Route', 'Requests', 'In flight', 'Refused', 'Failed'],
  [...activity.routes, ...begun].map(({ name, requests, refused, failed }) => [
    html`<span class="data">${name}</span>`,
    requests,
    underWay.get(name) ?? 0,
    refused,
    failed === 0 ? 0 : html`<strong class="bad">${failed}</strong>`,
  ]),
)}
<h2>Apps</h2>
${tableOf(
  ['App', 'State', 'Connections', 'In flight', 'Waiting'],
  upstreams.map(({ name, isReady, open, inFlight, waiting }) => [
    html`<span class="data">${name}</span>`,
    isReady === null ? '-' : isReady ? 'well' : html`<strong class="bad">left out</strong>`,
    open,
    inFlight,
    waiting,
  ]),
)}
<h2>Clients</h2>
${tableOf(
  ['Certificate', 'Connections', 'Ends'],
  clients.map(({ subject, connections, notAfter }) => [
    html`<span class="data">${subject}</span>`,
    connections,
    new Date(notAfter).toISOString().slice(0, 16).replace('T', ' '),
  ]),
)}
<h2>Refusals</h2>
${tableOf(
  ['Reason', 'Count', 'The last one'],
  activity.refusals.map(({ reason, count, url, address }) => [
    html`<span class="data">${reason}</span>`,
    count,
    html`<a href="${explainUrl(url, address)}">${address}, ${url}</a>`,
  ]),
)}`;
}

function explainUrl(url: string, ip: string): string {
  return `/explain?${new URLSearchParams({ url, ip }).toString()}`;
}

/** A value for each of the last seconds but the one that is under way. */
function pointsOf(seconds: readonly Second[], now: number, of: (second: Second) => number): number[] {
  const byTime = new Map(seconds.map((second) => [second.at, of(second)]));
  return Array.from({ length: SECONDS }, (_, index) => byTime.get(now - SECONDS + index) ?? 0);
}

function chartHtml(title: string, figure: string, points: readonly number[]): Html {
  const highest = Math.max(...points);
  const most = Math.max(highest, 1);
  const step = WIDTH / (SECONDS - 1);
  const line = points.map(
    (value, index) => `${(index * step).toFixed(1)},${(HEIGHT - (value / most) * HEIGHT).toFixed(1)}`,
  );
  const label = `${title}: ${figure}; at most ${highest} in the last two minutes`;
  return html`<figure>
<figcaption>${title}: <strong>${figure}</strong> <span class="quiet">(at most ${highest})</span></figcaption>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="${label}"><polyline points="${line.join(' ')}"/></svg>
</figure>`;
}

function tableOf(heads: readonly string[], rows: readonly (readonly (Html | string | number)[])[]): Html {
  if (rows.length === 0) return html`<p class="quiet">None.</p>`;
  const more = rows.length - MAX_ROWS;
  return html`<table>
<tr>${heads.map((head) => html`<th>${head}</th>`)}</tr>
${rows.slice(0, MAX_ROWS).map((cells) => rowOf(heads, cells))}
</table>${more > 0 ? html`<p class="quiet">and ${more} more</p>` : undefined}`;
}

/** On a narrow screen each cell says what it is, but for the first. */
function rowOf(heads: readonly string[], [first, ...cells]: readonly (Html | string | number)[]): Html {
  return html`<tr><td>${first}</td>${cells.map((cell, index) => html`<td data-label="${heads[index + 1] ?? ''}">${cell}</td>`)}</tr>`;
}

/** Asks again every two seconds, unless it is paused, or somebody is using a link of it. */
export const LIVE_SCRIPT = `
const live = document.getElementById('live');
const pause = document.getElementById('pause');
let isPaused = false;
pause.hidden = false;
pause.addEventListener('click', () => {
  isPaused = !isPaused;
  pause.textContent = isPaused ? 'Go on' : 'Pause';
  pause.setAttribute('aria-pressed', String(isPaused));
});
setInterval(async () => {
  if (isPaused || document.hidden || live.contains(document.activeElement)) return;
  const answer = await fetch('/live').catch(() => undefined);
  if (answer === undefined || !answer.ok) live.setAttribute('aria-busy', 'true');
  else { live.removeAttribute('aria-busy'); live.innerHTML = await answer.text(); }
}, 2000);
`;
