// The page a person sees instead of the app: what happened in one sentence, what to do, what to quote.
import { html } from './html.ts';
import { page } from './page.ts';
import type { Refusal } from './refusal.ts';

/** A whole HTML document. Everything in it is escaped but `help`, which is Html already. */
export function refusalPage(refusal: Omit<Refusal, 'code'>): string {
  const { status, title, text, reason, cause, causeText, message, enrolUrl, requestId, help } = refusal;
  return page({
    title: `${status} ${title}`,
    body: html`<h1>${title}</h1>
<p id="refusal">${text}</p>
${message === undefined ? undefined : html`<p id="message">${message}</p>`}
${enrolUrl === undefined ? undefined : html`<p><a id="enrol" href="${enrolUrl}">Get a certificate</a></p>`}
${reason === undefined ? undefined : html`<p class="quiet">Reason: <code id="reason">${reason}</code></p>`}
${cause === undefined ? undefined : html`<p class="quiet">Exactly: <code id="cause">${cause}</code> ${causeText}</p>`}
${help}`,
    footer: html`Sallyport, status ${status}, request <code>${requestId}</code>`,
  });
}
