// A request head as a value, made from the fields of a complete head. Its first part is the exchange's RequestHead; the
// rest is for the connection that carries it.
import { SallyportError } from '../core/errors.ts';
import type { FlatHeaders } from '../core/flat-headers.ts';
import { flatText } from '../core/flat-text.ts';
import { parseAuthority } from '../core/hostname.ts';
import { declaredLength } from './body-length.ts';
import { AUTHORITY, isMadeOf } from './grammar.ts';
import type { HeadReader } from './head-reader.ts';
import { MessageFields } from './message-fields.ts';
import type { RequestLine } from './request-line.ts';
import { parseRequestTarget } from './request-target.ts';
import { upgradeProtocol } from './upgrade-protocol.ts';

export interface RequestHead {
  readonly method: string;
  /** Host as sent, judged; of an absolute target its authority. '' only for HTTP/1.0 without Host. */
  readonly authority: string;
  /** Origin form, or `*`; for CONNECT the authority form. */
  readonly target: string;
  readonly version: 'HTTP/1.0' | 'HTTP/1.1';
  readonly headers: FlatHeaders;
  /** Bytes; 0 for no body; undefined for a chunked one. */
  readonly contentLength: number | undefined;
  /** Lower case. Only in HTTP/1.1, where one protocol is asked for that could be switched to: never another HTTP. */
  readonly upgrade: string | undefined;
  /** Whether the client would go on after this request on the same connection. */
  readonly isKeepAlive: boolean;
  /** Whether the client waits for `100 Continue` before it sends the body. */
  readonly expectsContinue: boolean;
}

/** One for each connection: it remembers the last host that was good. */
export class RequestHeadBuilder {
  readonly #fields = new MessageFields();
  readonly #line: RequestLine;
  #goodAuthority = '';

  constructor(line: RequestLine) {
    this.#line = line;
  }

  /** Throws bad_host, bad_target, bad_framing, coding_not_implemented, expectation_failed, bad_header. */
  build(reader: HeadReader): RequestHead {
    const line = this.#line;
    const fields = this.#fields;
    const { isHttp11 } = line;
    const method = reader.text.slice(0, line.methodTo);
    const headers = reader.fields();
    fields.gather(headers);
    let target = reader.text.slice(line.targetFrom, line.targetTo);
    let authority = this.#judgeHost(isHttp11);
    if (target.charCodeAt(0) !== 0x2f || method === 'CONNECT') {
      const parsed = parseRequestTarget(method, target);
      ({ target } = parsed);
      if (parsed.authority !== undefined) authority = this.#judgeTargetAuthority(parsed.authority);
    }
    const declared = declaredLength(fields, isHttp11);
    if (method === 'CONNECT' && declared !== 'none')
      throw new SallyportError('bad_framing', 'CONNECT with a body');
    const contentLength = declared === 'chunked' ? undefined : declared === 'none' ? 0 : declared;
    return {
      method,
      authority,
      target,
      version: isHttp11 ? 'HTTP/1.1' : 'HTTP/1.0',
      headers,
      contentLength,
      upgrade: fields.hasUpgrade && isHttp11 && method !== 'CONNECT' ? upgradeOf(fields) : undefined,
      isKeepAlive: !fields.hasClose && (isHttp11 || fields.hasKeepAlive) && method !== 'CONNECT',
      expectsContinue: fields.expectations > 0 && this.#judgeExpectation(isHttp11) && contentLength !== 0,
    };
  }

  /** Lets go of the last head, so that an idle connection does not keep its text in memory. */
  reset(): void {
    this.#fields.clear();
  }

  /** Exactly one good Host in HTTP/1.1, at most one in HTTP/1.0 (RFC 9112 3.2). */
  #judgeHost(isHttp11: boolean): string {
    const { hosts, host } = this.#fields;
    if (hosts === 0 && !isHttp11) return '';
    if (hosts !== 1) throw new SallyportError('bad_host', hosts === 0 ? 'no Host' : 'two Host fields');
    return this.#judgeAuthority(host);
  }

  #judgeAuthority(text: string): string {
    if (text === this.#goodAuthority && text !== '') return text;
    if (!isMadeOf(AUTHORITY, text) || parseAuthority(text) === undefined)
      throw new SallyportError('bad_host');
    this.#goodAuthority = flatText(text);
    return text;
  }

  /** RFC 9112 3.2.2 lets the target win over Host; here they must agree, so that nobody behind can see two hosts. */
  #judgeTargetAuthority(text: string): string {
    const { hosts, host } = this.#fields;
    if (hosts === 1 && host.toLowerCase() !== text.toLowerCase())
      throw new SallyportError('bad_host', 'the target names another host than Host');
    return this.#judgeAuthority(text);
  }

  /** True when the client waits for 100; an HTTP/1.0 one cannot (RFC 9110 10.1.1). Throws expectation_failed. */
  #judgeExpectation(isHttp11: boolean): boolean {
    const { expectations, expectation } = this.#fields;
    if (expectations !== 1 || expectation.toLowerCase() !== '100-continue')
      throw new SallyportError('expectation_failed');
    return isHttp11;
  }
}

function upgradeOf({ upgrades, upgrade }: MessageFields): string | undefined {
  return upgrades === 1 ? upgradeProtocol(upgrade) : undefined;
}
