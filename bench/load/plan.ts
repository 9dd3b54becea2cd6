// The command line of the load generator as a value. Parsing does no I/O; files are read by `target.ts`.
import { parseArgs } from 'node:util';
import { UsageError } from '../usage-error.ts';

/**
 * `keepalive`: every connection carries one request after another. `full` and `resume`: a new connection for each
 * request, with a full or a resumed handshake. `idle`: connections that carry one request and then stay open.
 */
export type Mode = 'keepalive' | 'full' | 'resume' | 'idle';

export interface Plan {
  readonly url: URL;
  readonly mode: Mode;
  readonly connections: number;
  readonly durationMs: number;
  readonly warmUpMs: number;
  /** Stop after this many; undefined: only the duration counts. */
  readonly maxRequests: number | undefined;
  /** Requests a second over all connections (open loop); undefined: as fast as the answers come. */
  readonly rate: number | undefined;
  readonly method: string;
  readonly bodyBytes: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly certFile: string | undefined;
  readonly keyFile: string | undefined;
  readonly caFile: string | undefined;
  /** TLS server name, also the name the certificate is verified for; undefined: the host of the URL. */
  readonly sni: string | undefined;
  /** TLS groups offered, in OpenSSL's notation (`X25519:P-256`); undefined: Node's own choice. */
  readonly groups: string | undefined;
  /** Processes (with their children) whose CPU time and memory are reported beside the figures. */
  readonly watched: readonly { readonly name: string; readonly pid: number }[];
  readonly json: boolean;
}

export const USAGE = `Usage: npm run bench:load -- https://host[:port]/path [options]

  --cert FILE --key FILE   the client certificate to show (PEM) and its private key
  --ca FILE                CAs that may vouch for the server (default: Node's own list)
  --mode MODE              keepalive (default): one request after another on each connection
                           full | resume: a new connection, with a full or resumed handshake, for each request
                           idle: open the connections, one request on each, and hold them
  --connections N          default 64
  --duration SECONDS       default 10
  --requests N             stop after N requests (then there is no warm-up unless asked for)
  --warm-up SECONDS        not counted (default 1)
  --rate N                 open loop: N requests a second in all; latency counts from when each was due
  --method NAME            default GET, or POST with a body
  --body-size BYTES        also 16k, 10m
  --header 'Name: value'   may be repeated
  --host NAME              the Host header (default: from the URL)
  --sni NAME               the TLS server name (default: from the URL)
  --groups LIST            TLS groups to offer, such as X25519
  --watch NAME=PID         report CPU time and memory of this process and its children; may be repeated
  --json                   one JSON object instead of text

Ctrl-C prints what was measured so far. Exit status: 0 all answers were 2xx; 1 errors, other answers or none;
2 wrong usage; 130 interrupted.`;

const MODES: readonly string[] = ['keepalive', 'full', 'resume', 'idle'] satisfies Mode[];
const MULTIPLES: Readonly<Record<string, number>> = { k: 1024, m: 1024 ** 2, g: 1024 ** 3 };
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

const OPTIONS = {
  cert: { type: 'string' },
  key: { type: 'string' },
  ca: { type: 'string' },
  mode: { type: 'string', default: 'keepalive' },
  connections: { type: 'string', default: '64' },
  duration: { type: 'string', default: '10' },
  requests: { type: 'string' },
  'warm-up': { type: 'string' },
  rate: { type: 'string' },
  method: { type: 'string' },
  'body-size': { type: 'string', default: '0' },
  header: { type: 'string', multiple: true, default: [] as string[] },
  host: { type: 'string' },
  sni: { type: 'string' },
  groups: { type: 'string' },
  watch: { type: 'string', multiple: true, default: [] as string[] },
  json: { type: 'boolean', default: false },
} as const;

/** Throws UsageError. */
export function parsePlan(args: readonly string[]): Plan {
  const { values, positionals } = readArguments(args);
  if (positionals.length !== 1) throw new UsageError('give one https:// URL');
  if ((values.cert === undefined) !== (values.key === undefined))
    throw new UsageError('--cert and --key belong together');
  const maxRequests = values.requests === undefined ? undefined : parseCount('--requests', values.requests);
  const bodyBytes = parseSize('--body-size', values['body-size']);
  const headers = values.header.map(parseHeader);
  return {
    url: parseUrl(positionals[0] ?? ''),
    mode: parseMode(values.mode),
    connections: parseCount('--connections', values.connections),
    durationMs: parseSeconds('--duration', values.duration),
    warmUpMs: parseSeconds('--warm-up', values['warm-up'] ?? (maxRequests === undefined ? '1' : '0')),
    maxRequests,
    rate: values.rate === undefined ? undefined : parseCount('--rate', values.rate),
    method: parseMethod(values.method ?? (bodyBytes > 0 ? 'POST' : 'GET')),
    bodyBytes,
    headers: values.host === undefined ? headers : [...headers, ['Host', values.host]],
    certFile: values.cert,
    keyFile: values.key,
    caFile: values.ca,
    sni: values.sni,
    groups: values.groups,
    watched: values.watch.map(parseWatch),
    json: values.json,
  };
}

function readArguments(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function parseUrl(text: string): URL {
  const url = URL.parse(text);
  if (url === null || url.protocol !== 'https:') throw new UsageError(`'${text}' is not an https:// URL`);
  return url;
}

function parseMode(text: string): Mode {
  if (!MODES.includes(text)) throw new UsageError(`--mode is one of ${MODES.join(', ')}, not '${text}'`);
  return text as Mode;
}

function parseMethod(text: string): string {
  if (!TOKEN.test(text)) throw new UsageError(`'${text}' is not an HTTP method`);
  return text;
}

function parseCount(option: string, text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text))
    throw new UsageError(`${option} wants a whole number above 0, not '${text}'`);
  return Number(text);
}

function parseSeconds(option: string, text: string): number {
  const [, number] = /^(\d+(?:\.\d+)?)s?$/.exec(text) ?? [];
  if (number === undefined) throw new UsageError(`${option} wants seconds, not '${text}'`);
  return Number(number) * 1000;
}

function parseSize(option: string, text: string): number {
  const [, number, unit = ''] = /^(\d{1,12})([kmg])?$/i.exec(text) ?? [];
  if (number === undefined)
    throw new UsageError(`${option} wants bytes, such as 512, 16k or 10m, not '${text}'`);
  return Number(number) * (MULTIPLES[unit.toLowerCase()] ?? 1);
}

function parseHeader(text: string): [string, string] {
  const colon = text.indexOf(':');
  const name = text.slice(0, Math.max(colon, 0));
  const value = text.slice(colon + 1).trim();
  // A line break in a value would add requests that nobody counts.
  if (!TOKEN.test(name) || !/^[\t\x20-\x7e\x80-\xff]*$/.test(value))
    throw new UsageError(`--header wants 'Name: value', not '${text}'`);
  return [name, value];
}

function parseWatch(text: string): { name: string; pid: number } {
  const [, name, pid] = /^([^=]+)=(\d+)$/.exec(text) ?? [];
  if (name === undefined || pid === undefined) throw new UsageError(`--watch wants NAME=PID, not '${text}'`);
  return { name, pid: Number(pid) };
}
