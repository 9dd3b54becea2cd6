// From the figures of all rounds to one line for each peer and work: medians, and the median of the per-round ratios to
// the reference, which stays put when the machine as a whole is slower in one round than in another.
import type { Bottleneck, Figures } from './measure.ts';

export interface SummaryLine {
  readonly work: string;
  readonly peer: string;
  readonly cpuUsPerRequest: number;
  readonly requestsPerSecond: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly rssKib: number;
  readonly rssKibPerConnection?: number;
  readonly offeredPerSecond?: number;
  /** Of the main figure; undefined when the reference was not measured. */
  readonly ratio?: number;
  /** Smallest and largest ratio of the rounds. */
  readonly ratioSpread?: readonly [number, number];
  /** The one seen most often. */
  readonly bottleneck: Bottleneck;
  readonly faults: number;
}

/** 0 of nothing. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}

type Main = Pick<Figures, 'rssKibPerConnection' | 'offeredPerSecond' | 'p99Us' | 'cpuUsPerRequest'>;

/** What a work is about: memory of idle connections, latency where the load is fixed, CPU time elsewhere. Less is better. */
export const mainFigure = ({ rssKibPerConnection, offeredPerSecond, p99Us, cpuUsPerRequest }: Main): number =>
  rssKibPerConnection ?? (offeredPerSecond === undefined ? cpuUsPerRequest : p99Us);

/** Lines in the order in which works and peers first appear. */
export function summarise(all: readonly Figures[], reference: string): SummaryLine[] {
  const groups = Map.groupBy(all, ({ work, peer }) => `${work} ${peer}`);
  return [...groups.values()].map((group) => summariseOne(group, all, reference));
}

function summariseOne(group: readonly Figures[], all: readonly Figures[], reference: string): SummaryLine {
  const of = (pick: (figures: Figures) => number) => median(group.map(pick));
  const ratios = ratiosOf(group, all, reference);
  const { work = '', peer = '' } = group[0] ?? {};
  return {
    work,
    peer,
    cpuUsPerRequest: of((figures) => figures.cpuUsPerRequest),
    requestsPerSecond: of((figures) => figures.requestsPerSecond),
    p50Us: of((figures) => figures.p50Us),
    p99Us: of((figures) => figures.p99Us),
    rssKib: of((figures) => figures.rssKib),
    ...(group.some((figures) => figures.rssKibPerConnection !== undefined) && {
      rssKibPerConnection: of((figures) => figures.rssKibPerConnection ?? 0),
    }),
    ...(group.some((figures) => figures.offeredPerSecond !== undefined) && {
      offeredPerSecond: of((figures) => figures.offeredPerSecond ?? 0),
    }),
    ...(ratios.length > 0 && {
      ratio: median(ratios),
      ratioSpread: [Math.min(...ratios), Math.max(...ratios)] as const,
    }),
    bottleneck: mostFrequent(group.map((figures) => figures.bottleneck)),
    faults: group.reduce((sum, figures) => sum + figures.faults, 0),
  };
}

/** One ratio for each round in which the reference was measured at the same work. */
function ratiosOf(group: readonly Figures[], all: readonly Figures[], reference: string): number[] {
  return group.flatMap((figures) => {
    const other = all.find(
      ({ peer, work, round }) => peer === reference && work === figures.work && round === figures.round,
    );
    return other === undefined || mainFigure(other) <= 0 ? [] : [mainFigure(figures) / mainFigure(other)];
  });
}

function mostFrequent(values: readonly Bottleneck[]): Bottleneck {
  const groups = [...Map.groupBy(values, (value) => value)];
  return groups.sort(([, a], [, b]) => b.length - a.length)[0]?.[0] ?? 'neither';
}
