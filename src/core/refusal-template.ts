// A page of the operator's own for refusals: HTML with `{{placeholders}}`, each of which is filled in as text. No logic,
// so that there is nothing in it to get wrong.
import { escapeHtml } from './html.ts';

export const PLACEHOLDERS = [
  'status',
  'title',
  'text',
  'reason',
  'message',
  'request_id',
  'enrol_url',
  'host',
] as const;
export type Placeholder = (typeof PLACEHOLDERS)[number];

/** Fills in what is known; what is not is nothing. */
export type RefusalTemplate = (values: Readonly<Partial<Record<Placeholder, string>>>) => string;

/** What may load on such a page: styles and pictures that stand in it. No script, no form, nothing from elsewhere. */
export const TEMPLATE_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const MAX_LENGTH = 256 * 1024;

/** The compiled template, or what is wrong with it as a sentence. */
export function compileTemplate(text: string): RefusalTemplate | string {
  if (text.length > MAX_LENGTH) return `has ${text.length} characters: 256 KiB are the most`;
  const pieces = text.split(/\{\{([^{}]*)\}\}/);
  const names: Placeholder[] = [];
  for (let index = 1; index < pieces.length; index += 2) {
    const name = (pieces[index] ?? '').trim();
    if (!isPlaceholder(name))
      return `{{${name}}} is no placeholder: those there are ${PLACEHOLDERS.map((one) => `{{${one}}}`).join(', ')}`;
    names.push(name);
  }
  const texts = pieces.filter((_, index) => index % 2 === 0);
  return (values) => {
    let filled = '';
    for (const [index, piece] of texts.entries()) {
      const name = names[index];
      filled += piece + (name === undefined ? '' : escapeHtml(values[name] ?? ''));
    }
    return filled;
  };
}

function isPlaceholder(name: string): name is Placeholder {
  return (PLACEHOLDERS as readonly string[]).includes(name);
}
