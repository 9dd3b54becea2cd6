// What `explain` is asked, from the words of a command line or a query to values. Every fault is an Error whose message
// says what to write instead.
import { isIP } from 'node:net';
import { parseAuthority } from '../core/hostname.ts';
import { parsePem } from '../pki/pem.ts';

/** A request that might come. */
export interface ImaginedRequest {
  /** `host[:port]`. */
  readonly authority: string;
  /** Origin form, as a client would send it; for CONNECT the authority. */
  readonly target: string;
  readonly method: string;
  /** The client's. */
  readonly address: string;
  readonly tlsVersion: 'TLSv1.2' | 'TLSv1.3';
  /** DER, the leaf first; empty: the client shows none. */
  readonly certificates: readonly Buffer[];
  /** When, milliseconds since the epoch. */
  readonly time: number;
}

/** As written. */
export interface ExplainWords {
  /** `https://…`, or `tcp+https://host:port` for CONNECT. */
  readonly url: string;
  /** Default GET. Not looked at with `tcp+https://`. */
  readonly method?: string | undefined;
  /** Default 127.0.0.1. */
  readonly ip?: string | undefined;
  /** ISO 8601; UTC where it names no zone. Default: now. */
  readonly at?: string | undefined;
  /** `1.2` or `1.3`, the default. */
  readonly tls?: string | undefined;
  /** PEM or DER: the leaf, then what a client sends after it. Default: none is shown. */
  readonly certificate?: Buffer | undefined;
}

const URL_PARTS = /^(tcp\+)?https:\/\/([^/?#]*)([^#]*)$/i;
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}$/;
const VERSIONS = { '1.2': 'TLSv1.2', '1.3': 'TLSv1.3' } as const;

/** `now`: milliseconds since the epoch. */
export function readExplainWords(words: ExplainWords, now: number): ImaginedRequest {
  const { ip = '127.0.0.1', tls = '1.3' } = words;
  const [, tcp, authority = '', rest = ''] = URL_PARTS.exec(words.url) ?? [];
  const method = tcp === undefined ? (words.method ?? 'GET') : 'CONNECT';
  if (parseAuthority(authority) === undefined)
    throw new Error(
      `'${words.url}' is not a URL that could be asked for: write https://host/path, or tcp+https://host:port`,
    );
  if (!TOKEN.test(method)) throw new Error(`'${method}' is not a method: write GET, POST and the like`);
  if (isIP(ip) === 0) throw new Error(`'${ip}' is not an IP address`);
  if (!(tls in VERSIONS))
    throw new Error(`'${tls}' is not a TLS version that is spoken here: write 1.2 or 1.3`);
  return {
    authority,
    target: tcp !== undefined ? authority : rest.startsWith('/') ? rest : `/${rest}`,
    method,
    address: ip,
    tlsVersion: VERSIONS[tls as keyof typeof VERSIONS],
    certificates: words.certificate === undefined ? [] : certificatesIn(words.certificate),
    time: words.at === undefined ? now : timeOf(words.at),
  };
}

function certificatesIn(content: Buffer): Buffer[] {
  if (content[0] === 0x30) return [content];
  const blocks = parsePem(content.toString('latin1'));
  const certificates = blocks.filter(({ label }) => label === 'CERTIFICATE').map(({ der }) => der);
  if (certificates.length === 0)
    throw new Error('there is no certificate in what was given: give one in PEM or DER');
  return certificates;
}

const TIME = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?)(Z|[+-]\d\d:\d\d)?)?$/i;

function timeOf(text: string): number {
  const [, day, clock = '00:00', zone = 'Z'] = TIME.exec(text) ?? [];
  const time = day === undefined ? Number.NaN : Date.parse(`${day}T${clock}${zone}`);
  if (Number.isNaN(time)) throw new Error(`'${text}' is not a time: write 2027-01-01 or 2027-01-01T00:00Z`);
  return time;
}
