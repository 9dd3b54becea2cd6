// What is counted while a load runs. A fresh one is made when the warm-up ends, so nothing of the warm-up remains.
import { Histogram } from './histogram.ts';

export class Tally {
  readonly latency = new Histogram();
  /** Answers by status. */
  readonly statuses = new Map<number, number>();
  /** Requests and connections that failed, by kind. */
  readonly errors = new Map<string, number>();
  answers = 0;
  failures = 0;
  bytesIn = 0;
  handshakes = 0;
  resumedHandshakes = 0;

  countAnswer(status: number, durationMs: number): void {
    this.answers++;
    this.latency.record(durationMs * 1000);
    this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
  }

  countError(kind: string): void {
    this.failures++;
    this.errors.set(kind, (this.errors.get(kind) ?? 0) + 1);
  }

  countHandshake(isResumed: boolean): void {
    this.handshakes++;
    if (isResumed) this.resumedHandshakes++;
  }
}

/** A short stable name for what went wrong on a connection: the system's or OpenSSL's code, else the message. */
export const kindOf = (error: Error): string =>
  'code' in error && typeof error.code === 'string' ? error.code : error.message;
