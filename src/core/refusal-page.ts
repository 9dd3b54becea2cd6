// The page a person sees instead of the app: what happened in one sentence, what to do, what to quote.
import { html } from './html.ts';
import { page } from './page.ts';
import type { Refusal } from './refusal.ts';

/** A whole HTML document. Everything in it is escaped but `help`, which is Html already. */
export function refusalPage(refusal: Omit<Refusal, 'code'>): string {
  const { status, title, text, reason, requestId, help } = refusal;
  return page({
    title: `${status} ${title}`,
    body: html`<h1>${title}</h1>
<p id="refusal">${text}</p>
${reason === undefined ? undefined : html`<p class="quiet">Reason: <code id="reason">${reason}</code></p>`}
${help}`,
    footer: html`Sallyport, status ${status}, request <code>${requestId}</code>`,
  });
}
