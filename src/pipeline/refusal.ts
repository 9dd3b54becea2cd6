// Why a phase ends the request: a code of the error table, and what the log and the client may know beyond it.
import type { ErrorCode, SallyportError } from '../core/errors.ts';

export class Refusal {
  readonly code: ErrorCode;
  /** Machine-readable and finer than the code; a visitor gets to know its class only, unless the operator says so. */
  readonly reason: string | undefined;
  /** For the operator alone. */
  readonly detail: string | undefined;
  /** From the operator to the owner of the certificate. */
  readonly message: string | undefined;

  constructor(code: ErrorCode, reason?: string, detail?: string, message?: string) {
    this.code = code;
    this.reason = reason;
    this.detail = detail;
    this.message = message;
  }

  static of(error: SallyportError): Refusal {
    const cause = error.cause instanceof Error ? error.cause.message : undefined;
    const detail = [error.context, cause].filter((part) => part !== undefined).join(': ');
    return new Refusal(error.code, undefined, detail === '' ? undefined : detail);
  }
}
