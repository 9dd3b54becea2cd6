// The result of a load as text for people.
import type { LoadResult, Watched } from './load-result.ts';

const BAR_WIDTH = 40;
const PERCENTILES = ['p50', 'p90', 'p99', 'p999', 'max'] as const;

const grouped = (value: number, digits = 0): string =>
  value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });

/** A duration in the unit that fits: `850 us`, `1.27 ms`, `3.00 s`. */
export function duration(us: number): string {
  if (us < 1000) return `${Math.round(us)} us`;
  return us < 1_000_000 ? `${grouped(us / 1000, 2)} ms` : `${grouped(us / 1_000_000, 2)} s`;
}

/** Lines without a newline at the end. */
export function reportOf(result: LoadResult): string {
  const { answers, elapsedMs, latencyUs } = result;
  const lines = [
    `${result.url}, ${result.mode}, ${grouped(result.connections)} connections`,
    '',
    `requests/s   ${grouped(result.requestsPerSecond)}`,
    `requests     ${grouped(answers)} in ${grouped(elapsedMs / 1000, 2)} s`,
    `received     ${grouped(result.bytesIn / 1024 ** 2, 1)} MiB`,
    `handshakes   ${grouped(result.handshakes)}, ${grouped(result.resumedHandshakes)} of them resumed`,
    `own CPU      ${grouped((result.ownCpuMs / Math.max(elapsedMs, 1)) * 100)} % of a core`,
    ...Object.entries(result.watched).map(([name, watched]) => watchedLine(name, watched)),
  ];
  if (answers > 0)
    lines.push(
      '',
      `latency      ${PERCENTILES.map((name) => `${name.replace('p999', 'p99.9')} ${duration(latencyUs[name])}`).join('   ')}`,
      ...histogramLines(latencyUs.rows, answers),
    );
  return [...lines, '', ...outcomeLines(result)].join('\n');
}

function watchedLine(name: string, watched: Watched): string {
  const growth = watched.rssKibPerConnection;
  return [
    `${name.padEnd(12)} ${grouped(watched.cpuUsPerAnswer, 1)} us CPU a request`,
    `${grouped(watched.rssKib / 1024, 1)} MiB`,
    ...(growth === undefined ? [] : [`${grouped(growth, 1)} KiB a connection`]),
  ].join(', ');
}

function histogramLines(rows: LoadResult['latencyUs']['rows'], total: number): string[] {
  const most = Math.max(...rows.map(([, count]) => count));
  return rows.map(([edgeUs, count]) => {
    const share = `${grouped((count / total) * 100, 2)} %`;
    const bar = '#'.repeat(Math.ceil((count / most) * BAR_WIDTH));
    return `  < ${duration(edgeUs).padStart(10)} ${share.padStart(9)}  ${bar}`.trimEnd();
  });
}

function outcomeLines(result: LoadResult): string[] {
  const bad = Object.entries(result.statuses).filter(([status]) => !status.startsWith('2'));
  const errors = Object.entries(result.errors);
  const lines = [
    ...bad.map(([status, count]) => `status ${status}: ${grouped(count)}`),
    ...errors.map(([kind, count]) => `error ${kind}: ${grouped(count)}`),
  ];
  if (result.stoppedBy === 'interrupt') lines.push('interrupted: these are the figures up to then');
  if (result.stoppedBy === 'failure' && result.answers === 0) lines.push('stopped early: nothing but errors');
  return lines.length === 0 ? ['errors       none, every answer 2xx'] : lines;
}

/** 0 clean, 1 errors, other answers than 2xx or none at all, 130 interrupted. */
export function exitCodeOf(result: LoadResult): number {
  if (result.stoppedBy === 'interrupt') return 130;
  const isClean =
    result.answers > 0 &&
    Object.keys(result.errors).length === 0 &&
    Object.keys(result.statuses).every((status) => status.startsWith('2'));
  return isClean ? 0 : 1;
}
