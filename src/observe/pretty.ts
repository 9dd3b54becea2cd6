// Lines for people at a terminal: one short line each, made from the JSON that would have been written. Whatever could
// move the cursor or change colours is taken out, since paths and certificate names come from strangers.
import { type PrettyOptions, prettyFactory } from 'pino-pretty';
import { plainText } from './one-line.ts';

type Entry = Readonly<Record<string, unknown>>;
type Paint = (text: string) => string;
type Colors = Readonly<Record<'green' | 'cyan' | 'yellow' | 'red' | 'gray', Paint>>;

/** From a line of JSON to a line of text, newline included. */
export function createPretty({ colorize }: { colorize: boolean }): (line: string) => string {
  const options: PrettyOptions = {
    colorize,
    customColors: { message: 'reset' },
    ignore: 'level,time',
    hideObject: true,
    messageFormat: (entry, _key, _level, { colors }) =>
      `${colors.gray(clock(entry))} ${message(entry, colors)}`,
  };
  return prettyFactory(options);
}

/** Local time of day. */
function clock(entry: Entry): string {
  const time = typeof entry['time'] === 'string' ? new Date(entry['time']) : new Date();
  const digits = [time.getHours(), time.getMinutes(), time.getSeconds()];
  return digits.map((digit) => String(digit).padStart(2, '0')).join(':');
}

function message(entry: Entry, colors: Colors): string {
  if (entry['msg'] === 'request' && 'method' in entry) return request(entry, colors);
  const level = word(entry['level']);
  const paint =
    level === 'error' || level === 'fatal' ? colors.red : level === 'warn' ? colors.yellow : plain;
  const facts = ['detail', 'reason', 'remote_ip', 'server_name', 'client_subject', 'cause']
    .filter((key) => entry[key] !== undefined)
    .map((key) => word(entry[key]));
  const issues = Array.isArray(entry['issues']) ? entry['issues'].map((issue) => `\n  ${word(issue)}`) : [];
  const head = level === 'info' ? word(entry['msg']) : `${level}: ${word(entry['msg'])}`;
  return paint(facts.length === 0 ? head : `${head}: ${facts.join(', ')}`) + issues.join('');
}

/** `GET app.example.com/path → 200 alice@example.com 12 ms` */
function request(entry: Entry, colors: Colors): string {
  const status = Number(entry['status']);
  const paint = status >= 500 || status === 0 ? colors.red : status >= 400 ? colors.yellow : colors.green;
  const address = `${word(entry['host'])}${word(entry['path'])}`;
  const outcome = [entry['error'], entry['reason']].filter((one) => one !== undefined).map(word);
  const result = paint([status === 0 ? 'cut' : String(status), ...outcome].join(' '));
  const duration = colors.gray(`${Math.round(Number(entry['duration_ms']))} ms`);
  return `${word(entry['method'])} ${address} → ${result} ${colors.cyan(caller(entry))} ${duration}`;
}

/** The first name that says something to a person: email, user principal name, URI, DNS name, else the subject. */
function caller(entry: Entry): string {
  const names = Array.isArray(entry['client_sans']) ? entry['client_sans'].map(word) : [];
  for (const type of ['email:', 'upn:', 'uri:', 'dns:']) {
    const name = names.find((one) => one.startsWith(type));
    if (name !== undefined) return name.slice(type.length);
  }
  return word(entry['client_subject'] ?? '-');
}

const plain: Paint = (text) => text;

/** On one line and without anything that a terminal would obey. */
function word(value: unknown): string {
  return plainText(typeof value === 'string' ? value : (JSON.stringify(value) ?? ''));
}
