// `npm run bench:load -- https://… --cert … --key …`: a load generator with client certificates that costs about ten
// microseconds a request, so that it measures the proxy and not itself.
import { generate } from './load/generate.ts';
import { parsePlan, USAGE } from './load/plan.ts';
import { exitCodeOf, reportOf } from './load/report.ts';
import type { Tally } from './load/tally.ts';
import { UsageError } from './usage-error.ts';

const CLEAR_LINE = '\r\x1b[K';

async function main(args: readonly string[]): Promise<number> {
  if (args.includes('--help')) {
    console.log(USAGE);
    return 0;
  }
  const plan = parsePlan(args);
  const interrupt = new AbortController();
  process.once('SIGINT', () => interrupt.abort());
  const showsProgress = process.stderr.isTTY && !plan.json;
  const result = await generate(plan, {
    signal: interrupt.signal,
    ...(showsProgress && { onProgress: printProgress }),
  });
  if (showsProgress) process.stderr.write(CLEAR_LINE);
  console.log(plan.json ? JSON.stringify(result) : reportOf(result));
  return exitCodeOf(result);
}

function printProgress(tally: Tally, elapsedMs: number): void {
  const rate = Math.round((tally.answers / elapsedMs) * 1000).toLocaleString('en-US');
  process.stderr.write(`${CLEAR_LINE}${Math.round(elapsedMs / 1000)} s: ${rate} requests/s`);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  const isUsage = error instanceof UsageError;
  console.error(isUsage ? `${message}\n\n${USAGE}` : message);
  process.exitCode = isUsage ? 2 : 1;
}
