// Why an ACME server, or the way to it, said no: what is needed to decide whether and when to ask again.

/** RFC 7807 document with the fields of RFC 8555 6.7, as far as it could be read. */
export interface ProblemDocument {
  readonly type?: string | undefined;
  readonly detail?: string | undefined;
  readonly subproblems?: readonly ProblemDocument[] | undefined;
  readonly identifier?: { readonly value?: string } | undefined;
}

const PREFIX = 'urn:ietf:params:acme:error:';
const MAX_TEXT = 500;

export class AcmeProblem extends Error {
  override readonly name = 'AcmeProblem';
  /** Without prefix: `rateLimited`, `caa`, `dns`, …; `unreachable` where there was no answer, `http` for one without a problem. */
  readonly type: string;
  /** Of HTTP; 0 where there was none. */
  readonly status: number;
  /** The server asked not to be asked before; milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(
    message: string,
    about: { type: string; status: number; retryAfterMs?: number | undefined; cause?: unknown },
  ) {
    super(message, { cause: about.cause });
    this.type = about.type;
    this.status = about.status;
    this.retryAfterMs = about.retryAfterMs;
  }

  /** `document` is whatever came: it is not to be trusted to be one. */
  static of(document: unknown, status: number, retryAfterMs?: number): AcmeProblem {
    const problem = asProblem(document);
    const type = problem.type?.startsWith(PREFIX) === true ? problem.type.slice(PREFIX.length) : 'http';
    return new AcmeProblem(textOf(problem, status), { type, status, retryAfterMs });
  }
}

function asProblem(document: unknown): ProblemDocument {
  if (typeof document !== 'object' || document === null) return {};
  const { type, detail, subproblems, identifier } = document as Record<string, unknown>;
  return {
    type: typeof type === 'string' ? type : undefined,
    detail: typeof detail === 'string' ? detail : undefined,
    subproblems: Array.isArray(subproblems) ? subproblems.map(asProblem) : undefined,
    identifier: typeof identifier === 'object' && identifier !== null ? identifier : undefined,
  };
}

/** One line, however it was written. */
function textOf({ type, detail, subproblems = [] }: ProblemDocument, status: number): string {
  const parts = [detail ?? type ?? `answered ${status}`];
  for (const { identifier, type: subtype, detail: subdetail } of subproblems)
    parts.push(`${identifier?.value ?? '?'}: ${subdetail ?? subtype ?? '?'}`);
  return parts
    .join('; ')
    .replaceAll(/\p{Cc}+/gu, ' ')
    .slice(0, MAX_TEXT);
}
