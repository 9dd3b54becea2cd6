// The summary as tables, one for each work: plain text for the terminal, Markdown for the document.
import { duration } from '../load/report.ts';
import { mainFigure, type SummaryLine } from './summary.ts';
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

/** One table for each work that was measured, from the best to the worst. */
export function tablesOf(lines: readonly SummaryLine[], works: readonly Work[], reference: string): Table[] {
  const tables = works.map((work): Table => {
    const mine = lines
      .filter((line) => line.work === work.name)
      .sort((a, b) => mainFigure(a) - mainFigure(b));
    const columns = columnsOf(work, reference);
    return {
      title: `${work.title} (${number(work.connections)} connections)`,
      head: columns.map(({ head }) => head),
      rows: mine.map((line) => columns.map(({ cell }) => cell(line))),
    };
  });
  return tables.filter(({ rows }) => rows.length > 0);
}

interface Column {
  readonly head: string;
  readonly cell: (line: SummaryLine) => string;
}

/** The second is what is compared. */
function columnsOf(work: Work, reference: string): Column[] {
  const proxy = { head: 'proxy', cell: nameOf };
  const ratio = { head: `to ${reference}`, cell: ratioOf };
  const memory = { head: 'RSS MiB', cell: rssOf };
  if (work.mode === 'idle')
    return [proxy, { head: 'KiB a connection', cell: (line) => figure(mainFigure(line)) }, ratio, memory];
  const cpu: Column = { head: 'CPU us a request', cell: (line) => figure(line.cpuUsPerRequest) };
  const rate: Column = { head: 'requests/s', cell: (line) => number(line.requestsPerSecond) };
  const p50: Column = { head: 'p50', cell: (line) => duration(line.p50Us) };
  const p99: Column = { head: 'p99', cell: (line) => duration(line.p99Us) };
  const core: Column = { head: 'full core', cell: (line) => line.bottleneck };
  if (work.rate === undefined) return [proxy, cpu, ratio, rate, p50, p99, memory, core];
  const offered: Column = {
    head: 'requests/s offered',
    cell: (line) => number(line.offeredPerSecond ?? 0),
  };
  return [proxy, p99, ratio, p50, offered, rate, cpu, memory, core];
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
