// `sallyport certs`: every certificate and revocation list in play, and how each is doing.
import { InvalidArgumentError } from 'commander';
import type { Severity, StatusEntry } from '../app/certificate-status.ts';

export interface CertsOptions {
  /** The configuration file. */
  readonly config: string;
  /** Days. */
  readonly warning: number;
  readonly critical: number;
  readonly json: boolean;
}

/** As monitoring plugins have it (Nagios, Icinga); what cannot be found out is 3, the code of a faulty configuration. */
export const MONITORING_EXIT: Readonly<Record<Severity, number>> = { ok: 0, warning: 1, critical: 2 };

/** Prints the list on the standard output, sets the exit code. Throws ConfigError. */
export async function certs({ config, json, ...limits }: CertsOptions): Promise<void> {
  const { certificateStatus, worstOf } = await import('../app/certificate-status.ts');
  const { withBuild } = await import('../app/check-config.ts');
  const entries = await withBuild(config, process.env, (build) =>
    certificateStatus(build, Date.now(), limits),
  );
  const worst = worstOf(entries);
  console.log(json ? JSON.stringify({ status: worst, entries }, undefined, 2) : tableOf(entries));
  process.exitCode = MONITORING_EXIT[worst];
}

const USES: Readonly<Record<StatusEntry['use'], string>> = {
  edge: 'shown to clients',
  client_ca: 'CA of clients',
  upstream_identity: 'shown to apps',
  upstream_ca: 'CA of apps',
  crl: 'revocation list',
  host: 'host',
};

function tableOf(entries: readonly StatusEntry[]): string {
  const rows = entries.map(({ severity, use, ends, name, place, problem }) => [
    severity,
    USES[use],
    ends?.slice(0, 16).replace('T', ' ') ?? '-',
    name,
    place,
    problem ?? '',
  ]);
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  const bad = entries.filter(({ severity }) => severity !== 'ok').length;
  const summary =
    bad === 0 ? `All ${entries.length} are in order.` : `${bad} of ${entries.length} need attention.`;
  return [...rows.map((row) => line(row)), summary].join('\n');
}

/** A number of days, for the command line. */
export function parseDays(text: string): number {
  if (!/^\d{1,4}$/.test(text)) throw new InvalidArgumentError('Write a whole number of days.');
  return Number(text);
}
