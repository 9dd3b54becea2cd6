// What the refusal page says in development: here is your certificate, and this is how your browser gets it.
import { type Html, html } from '../../core/html.ts';
import { AFTER_IMPORT, type ImportFiles, importSteps } from './import-steps.ts';

/** Help for refusals that are about the certificate; nothing for others. Holds no secret but the .p12's fixed password. */
export function devHelp(files: ImportFiles): (refusal: { readonly code: string }) => Html | undefined {
  const help = html`<h2>How to get in</h2>
<p>Sallyport made a certificate for you on this computer. Your browser has to know it, and the CA of this page.</p>
${importSteps(files).map(
  ({ browser, steps }) => html`<details>
<summary>${browser}</summary>
<ol>
${steps.map((step) => html`<li>${step}</li>\n`)}</ol>
</details>
`,
)}
<p>${AFTER_IMPORT}</p>`;
  return ({ code }) =>
    code === 'client_certificate_required' || code === 'client_certificate_invalid' ? help : undefined;
}
