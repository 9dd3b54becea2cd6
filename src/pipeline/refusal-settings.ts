// How refusals look and what they tell, as the configuration has it.
import type { ErrorCode } from '../core/errors.ts';
import { ERRORS } from '../core/errors.ts';
import type { RefusalTemplate } from '../core/refusal-template.ts';

/** What a refused certificate is answered with: 403; Pomerium's 495 for all; nginx's 495 and 496. */
export type RefusalStatus = 'standard' | 'pomerium' | 'nginx';

export interface RefusalSettings {
  /** Whether visitors are told the exact cause. */
  readonly showsDetails: boolean;
  readonly status: RefusalStatus;
  /** Where to get a certificate; undefined: it is not said. */
  readonly enrolUrl: string | undefined;
  /** The operator's own page; undefined: ours. */
  readonly template: RefusalTemplate | undefined;
}

/** What a route says of its own; undefined: as for all. */
export type RouteRefusals = Partial<Pick<RefusalSettings, 'showsDetails' | 'template'>>;

/** The status of an answer, and its name. */
export function statusOf(
  code: ErrorCode,
  style: RefusalStatus,
): { readonly status: number; readonly title?: string } {
  if (style === 'standard') return { status: ERRORS[code].status };
  if (code === 'client_certificate_required')
    return style === 'nginx'
      ? { status: 496, title: 'SSL Certificate Required' }
      : { status: 495, title: 'SSL Certificate Error' };
  if (code === 'client_certificate_invalid') return { status: 495, title: 'SSL Certificate Error' };
  return { status: ERRORS[code].status };
}
