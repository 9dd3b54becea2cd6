// docs/benchmarks.md and bench/results.json: the figures with everything that is needed to doubt or repeat them.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { format, resolveConfig } from 'prettier';
import type { Machine } from './machine.ts';
import type { Figures } from './measure.ts';
import type { SummaryLine } from './summary.ts';
import { markdownTable, type Table } from './table.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');

export interface Contestant {
  readonly name: string;
  readonly version: string;
  readonly settings: string;
}

export interface BenchResults {
  /** ISO 8601. */
  readonly measuredAt: string;
  readonly command: string;
  readonly rounds: number;
  readonly minutes: number;
  readonly machine: Machine;
  readonly upstream: string;
  readonly reference: string;
  readonly peers: readonly Contestant[];
  readonly missing: readonly string[];
  readonly summary: readonly SummaryLine[];
  readonly figures: readonly Figures[];
}

/** Writes both files and returns their paths below the root of the repository. */
export async function writeResults(results: BenchResults, tables: readonly Table[]): Promise<string[]> {
  const json = 'bench/results.json';
  const document = 'docs/benchmarks.md';
  writeFileSync(path.join(ROOT, json), `${JSON.stringify(results, undefined, 1)}\n`);
  writeFileSync(path.join(ROOT, document), await formatDocument(results, tables));
  return [document, json];
}

/** The text of docs/benchmarks.md, formatted as the house check wants it. */
export async function formatDocument(results: BenchResults, tables: readonly Table[]): Promise<string> {
  const options = (await resolveConfig(path.join(ROOT, 'docs/benchmarks.md'))) ?? {};
  return format(markdownOf(results, tables), { ...options, parser: 'markdown' });
}

function markdownOf(results: BenchResults, tables: readonly Table[]): string {
  const { machine, reference } = results;
  return `# Benchmarks

Made by \`${results.command}\` on ${results.measuredAt.slice(0, 10)} in ${results.minutes} minutes; this file is rewritten by the next run. Every single figure is in \`bench/results.json\`.

- Machine: ${machine.processors} x ${machine.processor}, ${machine.memoryGib} GiB, ${machine.kernel}; load average before the bench ${machine.loadAverage}
- Node ${machine.node} with OpenSSL ${machine.openssl}
- Upstream: ${results.upstream}
${results.peers.map((peer) => `- ${peer.name} ${peer.version}: ${peer.settings}`).join('\n')}
${results.missing.map((name) => `- ${name} was not installed`).join('\n')}

## How it is measured

The proxy is pinned to one core; the load generator and the upstream share another. Every proxy does the same job, and is asked to prove it before it is measured: TLS 1.3 with a verified client certificate at the edge, a client certificate of its own shown to an upstream that it verifies, keep-alive on both sides, one line an exchange in an access log on disk, and \`X-Forwarded-For\`, \`X-Request-Id\` and \`X-Forwarded-Client-Cert\` (or its nearest) for the upstream. The key exchange is X25519 for all; the hybrid X25519MLKEM768 is shown by itself, for those that speak it.

In each of the ${results.rounds} rounds every proxy starts afresh and takes its turn at each work after a warm-up. The main figure is CPU time: user and system time of the proxy's processes over the requests answered, which is steadier than requests a second. Figures are medians over the rounds; the column "to ${reference}" is the median of the ratios within each round, with the smallest and the largest. "Full core" says which side had no room left: when it is the load, requests a second say little about the proxy. Memory of idle connections is the growth of resident memory between 200 and 2,000 connections that have each carried one request, for each.

## Results

${tables.map(markdownTable).join('\n\n')}
`;
}
