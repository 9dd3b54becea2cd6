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
  /** What kind of refusal, machine-readable: `certificate_expired`. */
  readonly reason?: string | undefined;
  /** Why exactly, machine-readable; only where the operator lets visitors know. */
  readonly cause?: string | undefined;
  /** The same in words. */
  readonly causeText?: string | undefined;
  /** From the operator to the owner of this certificate. */
  readonly message?: string | undefined;
  /** Where to get a certificate, or another one. */
  readonly enrolUrl?: string | undefined;
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

/** RFC 9457 members, and ours: `code`, `reason`, `request_id`, and where there are such `message`, `cause`, `enrol_url`. */
export function refusalProblem(refusal: Refusal): string {
  const {
    title,
    status,
    text: detail,
    code,
    reason,
    message,
    cause,
    causeText,
    enrolUrl,
    requestId,
  } = refusal;
  const members = {
    type: 'about:blank',
    title,
    status,
    detail,
    code,
    reason,
    message,
    cause,
    cause_text: causeText,
    enrol_url: enrolUrl,
    request_id: requestId,
  };
  return `${JSON.stringify(members)}\n`;
}

/** What `curl` prints: the sentence first, then what to quote when asking for help. */
export function refusalText(refusal: Refusal): string {
  const { status, title, text, code, reason, message, cause, causeText, enrolUrl, requestId } = refusal;
  const why = [code, reason, cause].filter((one) => one !== undefined).join(', ');
  const lines = [
    `${status} ${title}: ${text}`,
    message,
    enrolUrl === undefined ? undefined : `Get a certificate: ${enrolUrl}`,
    causeText,
    `(${why}; request ${requestId})`,
  ];
  return `${lines.filter((line) => line !== undefined).join('\n')}\n`;
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
