// The one layout of every page that Sallyport shows itself: refusals, the start page, the demo apps. Needs nothing from
// anywhere else: no asset, no font, no script of its own; light and dark by what the reader's system says.
import { createHash } from 'node:crypto';
import { type Html, html, unsafeHtml } from './html.ts';

const STYLE = `
:root {
  color-scheme: light dark;
  --ground: #f6f6f4; --card: #fff; --ink: #1c2024; --quiet: #5a6068; --line: #dcdcd6; --accent: #0b5c8a; --bad: #a3241c;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #14171a; --card: #1d2125; --ink: #e8e8e4; --quiet: #a0a7ae; --line: #353b41; --accent: #7cc4ee; --bad: #ff9a8f;
  }
}
* { box-sizing: border-box; }
body { margin: 0; padding: 2rem 1rem; background: var(--ground); color: var(--ink); font: 1rem/1.55 system-ui, sans-serif; overflow-wrap: break-word; }
main { max-width: 46rem; margin: 0 auto; padding: 1.75rem 2rem; background: var(--card); border: 1px solid var(--line); border-radius: 10px; }
footer { max-width: 46rem; margin: 1rem auto 0; padding: 0 2rem; color: var(--quiet); font-size: .85rem; }
h1 { margin: 0 0 .75rem; font-size: 1.6rem; line-height: 1.25; }
h2 { margin: 2rem 0 .5rem; font-size: 1.1rem; }
p, ul, ol, dl, details { margin: .5rem 0; }
ul, ol { padding-left: 1.5rem; }
li { margin: .25rem 0; }
a { color: var(--accent); }
code, pre, .data { font: .875em/1.5 ui-monospace, monospace; overflow-wrap: anywhere; }
pre { padding: .75rem 1rem; border: 1px solid var(--line); border-radius: 6px; white-space: pre-wrap; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1.25rem; align-items: baseline; }
dt { color: var(--quiet); }
dd { margin: 0; overflow-wrap: anywhere; }
table { width: 100%; border-collapse: collapse; }
th, td { padding: .35rem .75rem .35rem 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: baseline; }
tr:last-child td { border-bottom: 0; }
th { color: var(--quiet); font-weight: 500; }
td:first-child { min-width: 11rem; }
p:has(> output) { display: flex; flex-wrap: wrap; gap: .25rem .75rem; align-items: center; }
input { width: 100%; padding: .35rem .6rem; border: 1px solid var(--line); border-radius: 6px; background: var(--ground); color: inherit; font: inherit; }
button { padding: .35rem .9rem; border: 1px solid var(--accent); border-radius: 6px; background: none; color: var(--accent); font: inherit; cursor: pointer; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(15rem, 1fr)); gap: .75rem 1.5rem; }
figure { margin: 0; }
svg { display: block; width: 100%; height: 3.5rem; border-bottom: 1px solid var(--line); }
polyline { fill: none; stroke: var(--accent); stroke-width: 1.5; vector-effect: non-scaling-stroke; }
[aria-busy='true'] { opacity: .5; }
summary { cursor: pointer; }
.quiet { color: var(--quiet); }
.bad { color: var(--bad); }
@media (max-width: 34rem) {
  main { padding: 1.25rem; }
  footer { padding: 0 1.25rem; }
  dl { grid-template-columns: 1fr; gap: 0; }
  dd { margin-bottom: .5rem; }
  tr, td { display: block; }
  tr:first-child:has(th) { display: none; }
  td { padding: 0; border: 0; }
  td[data-label]::before { content: attr(data-label) ': '; color: var(--quiet); }
  td:first-child { padding-top: .5rem; color: var(--quiet); }
  td:last-child { padding-bottom: .5rem; border-bottom: 1px solid var(--line); }
}
`;

export interface PageParts {
  readonly title: string;
  readonly body: Html;
  /** Below the card, in small print. */
  readonly footer?: Html;
  /** Inline script, ours; its page needs `pageSecurityPolicy(script)`. */
  readonly script?: string;
  /** Of a module of our own on the same origin; its page needs `modulePagePolicy`. */
  readonly moduleUrl?: string;
}

/** A whole document. Send it as `text/html; charset=utf-8` with `pageSecurityPolicy` beside it. */
export function page({ title, body, footer, script, moduleUrl }: PageParts): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="icon" href="data:,">
<style>${unsafeHtml(STYLE)}</style>
</head>
<body>
<main>
${body}
</main>
${footer === undefined ? undefined : html`<footer>${footer}</footer>`}
${moduleUrl === undefined ? undefined : html`<script type="module" src="${moduleUrl}"></script>`}
${script === undefined ? undefined : html`<script>${unsafeHtml(script)}</script>`}
</body>
</html>
`.toString();
}

/**
 * The Content-Security-Policy of such a page: our one style and, where given, exactly this script, which may talk to
 * the page's own origin. Nothing else loads, should an escape ever be missing.
 */
export function pageSecurityPolicy(script?: string): string {
  const scripts = script === undefined ? '' : `; script-src '${sourceHash(script)}'; connect-src 'self'`;
  return `${BASE_POLICY}${scripts}`;
}

/** The same for a page with modules, which may come from its own origin, and ask there. */
export function modulePagePolicy(): string {
  return `${BASE_POLICY}; script-src 'self'; connect-src 'self'`;
}

function sourceHash(source: string): string {
  return `sha256-${createHash('sha256').update(source).digest('base64')}`;
}

const BASE_POLICY = `default-src 'none'; style-src '${sourceHash(STYLE)}'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
