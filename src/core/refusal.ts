// How a refusal is said to the one who asked: a page for people, RFC 9457 for programs, two lines for a terminal.
// Rendering only; that there is a refusal, and of which code, is decided elsewhere.
import type { Html } from './html.ts';
import { refusalPage } from './refusal-page.ts';

export interface Refusal {
  /** HTTP status of the answer. */
  readonly status: number;
  /** The status in words, as in `Forbidden`. */
  readonly title: string;
  /** Code of the error table. */
  readonly code: string;
  /** One sentence without anybody's data. */
  readonly text: string;
  /** Why exactly, machine-readable: `none_sent`. */
  readonly reason?: string | undefined;
  readonly requestId: string;
  /** What to do about it, for people; shown on the page only. */
  readonly help?: Html | undefined;
}

export type RefusalForm = 'html' | 'json' | 'text';

const MEDIA_TYPE: Readonly<Record<RefusalForm, string>> = {
  html: 'text/html; charset=utf-8',
  json: 'application/problem+json',
  text: 'text/plain; charset=utf-8',
};

export interface RenderedRefusal {
  readonly contentType: string;
  readonly body: string;
}

/** The refusal in the form asked for. Its answer varies by `Accept`. */
export function renderRefusal(refusal: Refusal, form: RefusalForm): RenderedRefusal {
  return { contentType: MEDIA_TYPE[form], body: RENDER[form](refusal) };
}

/** RFC 9457 members, and three of ours: `code`, `reason`, `request_id`. */
export function refusalProblem({ title, status, text, code, reason, requestId }: Refusal): string {
  const members = { type: 'about:blank', title, status, detail: text, code, reason, request_id: requestId };
  return `${JSON.stringify(members)}\n`;
}

/** What `curl` prints: the sentence first, then what to quote when asking for help. */
export function refusalText({ status, title, text, code, reason, requestId }: Refusal): string {
  const why = reason === undefined ? code : `${code}, ${reason}`;
  return `${status} ${title}: ${text}\n(${why}; request ${requestId})\n`;
}

const RENDER = { html: refusalPage, json: refusalProblem, text: refusalText } as const;

/**
 * The form that an `Accept` field asks for (RFC 9110 12.5.1). A form must be named to be chosen: any type at all, as
 * curl sends it, is a terminal and gets text; equal weights prefer the page, then JSON. Never fails.
 */
export function negotiateRefusal(accept: string | undefined): RefusalForm {
  let best: RefusalForm = 'text';
  let bestWeight = 0;
  for (const range of (accept ?? '').split(',', 32)) {
    const [type = '', ...parameters] = range.toLowerCase().split(';');
    const form = formOf(type.trim());
    if (form === undefined) continue;
    const weight = weightOf(parameters);
    if (weight > bestWeight || (weight === bestWeight && weight > 0 && RANK[form] > RANK[best])) {
      best = form;
      bestWeight = weight;
    }
  }
  return best;
}

const RANK: Readonly<Record<RefusalForm, number>> = { html: 2, json: 1, text: 0 };

function formOf(mediaType: string): RefusalForm | undefined {
  if (mediaType === 'text/html' || mediaType === 'application/xhtml+xml') return 'html';
  if (mediaType === 'application/json' || mediaType.endsWith('+json')) return 'json';
  return mediaType === 'text/plain' ? 'text' : undefined;
}

function weightOf(parameters: readonly string[]): number {
  const q = parameters.map((parameter) => /^\s*q=([01](?:\.\d{0,3})?)\s*$/.exec(parameter)?.[1]);
  const weight = Number(q.find((value) => value !== undefined) ?? 1);
  return Math.min(weight, 1);
}
