// One line a measurement; on a terminal the one under way is shown in the same place.
import { duration } from '../load/report.ts';
import type { Figures } from './measure.ts';
import type { Step } from './rounds.ts';

/** Makes what prints the line of a step; nothing for one that has only begun, unless on a terminal. */
export function progressPrinter(): (step: Step) => void {
  const startedMs = performance.now();
  return (step) => {
    const label = labelOf(step);
    if (step.outcome !== undefined) {
      const clear = process.stdout.isTTY ? '\r\x1b[K' : '';
      console.log(`${clear}${label}${outcomeOf(step.outcome)}`);
    } else if (process.stdout.isTTY)
      process.stdout.write(`${label}… ${remainingOf(step, performance.now() - startedMs)}`);
  };
}

function labelOf({ number, of, round, work, peer }: Step): string {
  const place = `[${String(number).padStart(String(of).length)}/${of}]`;
  return `${place} round ${round}  ${work.name.padEnd(18)}${peer.name.padEnd(20)}`;
}

function remainingOf({ number, of }: Step, elapsedMs: number): string {
  if (number === 1) return '';
  const leftMs = (elapsedMs / (number - 1)) * (of - number + 1);
  return leftMs < 90_000 ? `${Math.ceil(leftMs / 1000)} s left` : `${Math.ceil(leftMs / 60_000)} min left`;
}

function outcomeOf(outcome: Figures | Error): string {
  if (outcome instanceof Error) return `FAILED: ${outcome.message}`;
  const growth = outcome.rssKibPerConnection;
  const main =
    growth === undefined
      ? `${outcome.cpuUsPerRequest.toFixed(1).padStart(8)} us CPU`
      : `${growth.toFixed(1).padStart(8)} KiB a connection`;
  const rate = `${Math.round(outcome.requestsPerSecond).toLocaleString('en-US').padStart(8)}/s`;
  const faults = outcome.faults === 0 ? '' : `  ${outcome.faults} FAULTS`;
  return growth === undefined
    ? `${main} ${rate}  p99 ${duration(outcome.p99Us)}  full core: ${outcome.bottleneck}${faults}`
    : `${main}${faults}`;
}
