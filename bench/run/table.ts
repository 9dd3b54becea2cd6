// The summary as tables, one for each work: plain text for the terminal, Markdown for the document.
import { duration } from '../load/report.ts';
import type { SummaryLine } from './summary.ts';
import type { Work } from './works.ts';

type Row = readonly string[];

export interface Table {
  readonly title: string;
  readonly head: Row;
  readonly rows: readonly Row[];
}

const number = (value: number, digits = 0): string =>
  value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });

/** Three significant digits or whole numbers: the measurement gives no more. */
const figure = (value: number): string => number(value, value < 100 ? 1 : 0);

const mainOf = (line: SummaryLine): number => line.rssKibPerConnection ?? line.cpuUsPerRequest;

/** One table for each work that was measured, from the best to the worst. */
export function tablesOf(lines: readonly SummaryLine[], works: readonly Work[], reference: string): Table[] {
  const tables = works.map((work): Table => {
    const mine = lines.filter((line) => line.work === work.name).sort((a, b) => mainOf(a) - mainOf(b));
    const title = `${work.title} (${number(work.connections)} connections)`;
    return work.mode === 'idle'
      ? {
          title,
          head: ['proxy', 'KiB a connection', `to ${reference}`, 'RSS MiB'],
          rows: mine.map((line) => [nameOf(line), figure(mainOf(line)), ratioOf(line), rssOf(line)]),
        }
      : {
          title,
          head: [
            'proxy',
            'CPU us a request',
            `to ${reference}`,
            'requests/s',
            'p50',
            'p99',
            'RSS MiB',
            'full core',
          ],
          rows: mine.map((line) => [
            nameOf(line),
            figure(mainOf(line)),
            ratioOf(line),
            number(line.requestsPerSecond),
            duration(line.p50Us),
            duration(line.p99Us),
            rssOf(line),
            line.bottleneck,
          ]),
        };
  });
  return tables.filter(({ rows }) => rows.length > 0);
}

const nameOf = ({ peer, faults }: SummaryLine): string =>
  faults === 0 ? peer : `${peer} (${number(faults)} faults)`;

const rssOf = ({ rssKib }: SummaryLine): string => figure(rssKib / 1024);

function ratioOf({ ratio, ratioSpread }: SummaryLine): string {
  if (ratio === undefined || ratioSpread === undefined) return '';
  const [low, high] = ratioSpread.map((value) => value.toFixed(2));
  return `${ratio.toFixed(2)} (${low}-${high})`;
}

/** Columns aligned with spaces: the first to the left, the others to the right. */
export function textTable({ title, head, rows }: Table): string {
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0)));
  const line = (row: Row): string =>
    row
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join('   ')
      .trimEnd();
  return [title, ...[head, ...rows].map((row) => `  ${line(row)}`)].join('\n');
}

const markdownLine = (row: Row): string => `| ${row.join(' | ')} |`;

export function markdownTable({ title, head, rows }: Table): string {
  const rule = `| --- |${' ---: |'.repeat(head.length - 1)}`;
  return [`### ${title}`, '', markdownLine(head), rule, ...rows.map(markdownLine)].join('\n');
}
