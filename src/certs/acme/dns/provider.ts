// What every way to put a record into DNS has in common.

export interface TxtRecord {
  /** The host that is being validated, without `*.`. */
  readonly host: string;
  /** Where the record goes, without a dot at the end: `_acme-challenge.` and the host, or where CNAMEs lead from there. */
  readonly name: string;
  readonly value: string;
}

export interface DnsProvider {
  /**
   * Adds the record beside any other of that name: two may be needed at once. Resolves once the provider has taken it;
   * what it returns removes it again.
   */
  add(record: TxtRecord, signal: AbortSignal): Promise<(signal: AbortSignal) => Promise<void>>;
}

/** Seconds that a record may be cached for. */
export const RECORD_TTL = 60;
