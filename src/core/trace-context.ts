// Who asks, as `traceparent` and `tracestate` say it (W3C Trace Context, level 1). Text from outside: what is malformed
// counts as not said.
import { type FlatHeaders, headerValues } from './flat-headers.ts';

export interface TraceContext {
  /** Lower-case hex, as are all ids. */
  readonly traceId: string;
  readonly spanId: string;
  readonly isSampled: boolean;
  /** `tracestate`; '' for none. */
  readonly state: string;
}

/** Later versions may say more behind a dash; what stands before keeps its meaning. */
const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?$/;
const VERSION_0_LENGTH = 55;
const ZEROS = /^0+$/;
const STATE_MEMBER =
  /^[a-z0-9][a-z0-9_*/-]{0,240}(?:@[a-z][a-z0-9_*/-]{0,13})?=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/;
const MAX_STATE_MEMBERS = 32;
const MAX_STATE_CHARACTERS = 512;

/** Undefined where none is said, or not by these rules. */
export function traceContextIn(headers: FlatHeaders): TraceContext | undefined {
  const [said = '', ...others] = headerValues(headers, 'traceparent');
  const parts = others.length === 0 ? TRACEPARENT.exec(said) : null;
  if (parts === null) return undefined;
  const [, version = '', traceId = '', spanId = '', flags = ''] = parts;
  if (version === 'ff' || (version === '00' && said.length !== VERSION_0_LENGTH)) return undefined;
  if (ZEROS.test(traceId) || ZEROS.test(spanId)) return undefined;
  const isSampled = (Number.parseInt(flags, 16) & 1) === 1;
  return { traceId, spanId, isSampled, state: stateIn(headers) };
}

function stateIn(headers: FlatHeaders): string {
  const said = headerValues(headers, 'tracestate').join(',');
  if (said.length > MAX_STATE_CHARACTERS) return '';
  const members = said
    .split(',')
    .map((member) => member.trim())
    .filter((member) => member !== '');
  const keys = new Set(members.map((member) => member.slice(0, member.indexOf('='))));
  const isGood =
    members.length <= MAX_STATE_MEMBERS &&
    keys.size === members.length &&
    members.every((member) => STATE_MEMBER.test(member));
  return isGood ? members.join(',') : '';
}
