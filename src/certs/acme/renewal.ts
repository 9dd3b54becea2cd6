// When to ask for the next certificate, and how long to wait after a failure. Pure.
import { createHash } from 'node:crypto';
import type { CertificateFacts } from '../../pki/identity.ts';
import { AcmeProblem } from './problem.ts';

/** When the server would like it (RFC 9773 4.2); milliseconds since the epoch. */
export interface RenewalWindow {
  readonly start: number;
  readonly end: number;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** Of the lifetime: certificates of one day are not all renewed in one minute. */
const JITTER = 1 / 20;

/**
 * A moment in the server's window, or shortly before two thirds of the lifetime. The same for the same certificate,
 * wherever and however often it is asked.
 */
export function renewAt(
  { notBefore, notAfter, sha256 }: Pick<CertificateFacts, 'notBefore' | 'notAfter' | 'sha256'>,
  window?: RenewalWindow,
): number {
  const share = createHash('sha256').update(sha256).digest().readUInt32BE(0) / 2 ** 32;
  if (window !== undefined && window.start < window.end)
    return window.start + share * (window.end - window.start);
  const lifetime = notAfter - notBefore;
  return notBefore + (2 / 3) * lifetime - share * JITTER * lifetime;
}

/** Answer of the server, or undefined where it makes no sense. */
export function parseWindow(data: unknown): RenewalWindow | undefined {
  const { suggestedWindow } = (typeof data === 'object' && data !== null ? data : {}) as {
    suggestedWindow?: { start?: unknown; end?: unknown };
  };
  const start = Date.parse(String(suggestedWindow?.start));
  const end = Date.parse(String(suggestedWindow?.end));
  return start < end ? { start, end } : undefined;
}

/** Milliseconds until the next try, after so many failures in a row. `firstMs` default a minute. */
export function retryDelay(error: unknown, failures: number, firstMs = MINUTE_MS): number {
  const asked = error instanceof AcmeProblem ? (error.retryAfterMs ?? 0) : 0;
  const doubled = firstMs * 2 ** Math.min(failures - 1, 20);
  // The way to the server, or the server, is down for everybody: it may be back soon. A name that fails goes on failing,
  // and counts against the limits of the account.
  const isTheirs =
    !(error instanceof AcmeProblem) || error.status === 0 || error.status >= 500 || error.status === 429;
  return Math.max(asked, Math.min(doubled, isTheirs ? HOUR_MS : 12 * HOUR_MS));
}
