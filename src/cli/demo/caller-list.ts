// What is known about the caller, as label and value, for every form of answer that shows it.
import { type Html, html } from '../../core/html.ts';
import type { Caller } from './caller.ts';

/** Label and value of everything known, in the order to show it in. */
export function callerRows(caller: Caller): [label: string, value: string][] {
  const rows: [string, string | undefined][] = [
    ['Subject', caller.subject],
    ...caller.emails.map((email): [string, string] => ['Email', email]),
    ...caller.uris.map((uri): [string, string] => ['URI', uri]),
    ...caller.dns.map((dns): [string, string] => ['DNS', dns]),
    ['SHA-256', caller.sha256],
    ['Valid until', caller.validUntil],
    ['Told by', caller.toldBy.join(', ')],
  ];
  return rows.filter((row): row is [string, string] => row[1] !== undefined && row[1] !== '');
}

/** The same as a description list. */
export function callerList(caller: Caller): Html {
  const items = callerRows(caller).map(
    ([label, value]) => html`<dt>${label}</dt><dd class="data">${value}</dd>\n`,
  );
  return html`<dl>${items}</dl>`;
}
