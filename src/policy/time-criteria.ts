// Criteria about when: dates, days of the week, times of the day, and how long a certificate still lasts.
import type { CriterionContext, Occasion, TimeCriterion } from './criterion.ts';
import { type LocalTime, localTime, parseTimeZone } from './local-time.ts';

const HOUR_MS = 3_600_000;
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const FULL_DAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];

type Compiled = Omit<TimeCriterion, 'about' | 'name'>;

/** `{after, before}`: ISO 8601, UTC where no offset is given. */
export function compileDate(data: unknown, context: CriterionContext): Compiled | undefined {
  const bounds = boundsOf(data, context, {
    keys: ['after', 'before'],
    parse: parseMoment,
    example: '2027-01-31T18:00:00Z',
  });
  if (bounds === undefined) return undefined;
  const [after = -Infinity, before = Infinity] = bounds;
  return {
    test: ({ now }) => now >= after && now < before,
    until: ({ now }) => Math.min(...[after, before].filter((moment) => moment > now), Infinity),
  };
}

/** `mon-fri`, `tue`, `*`, a list of such, or `{days, timezone}`. UTC unless said otherwise. */
export function compileDayOfWeek(data: unknown, context: CriterionContext): Compiled | undefined {
  const map = asMap(data);
  const zone = zoneOf(map?.['timezone'], context);
  const days = daysOf(map === undefined ? data : map['days'], context);
  if (zone === undefined || days === undefined) return undefined;
  if (map !== undefined && hasOther(map, ['days', 'timezone'], context)) return undefined;
  return {
    test: ({ now }) => days.has(localTime(now, zone).day),
    until: ({ now }) => nextChange(now, localTime(now, zone), [0]),
  };
}

/** `{timezone, after, before}`: times such as `9:00`, `17:30:00`, `4:30PM`. With `after` later than `before`: over night. */
export function compileTimeOfDay(data: unknown, context: CriterionContext): Compiled | undefined {
  const map = asMap(data);
  const zone = zoneOf(map?.['timezone'], context);
  const { timezone: _, ...rest } = map ?? {};
  const bounds = boundsOf(map && rest, context, {
    keys: ['after', 'before'],
    parse: parseTime,
    example: '17:30',
  });
  if (zone === undefined || bounds === undefined) return undefined;
  const [after, before] = bounds;
  const start = after ?? 0;
  const end = before ?? 24 * 3600;
  return {
    test: ({ now }) => {
      const { second } = localTime(now, zone);
      return start <= end ? second >= start && second < end : second >= start || second < end;
    },
    until: ({ now }) => nextChange(now, localTime(now, zone), [start, end]),
  };
}

/** `{more_than, less_than}`: durations, against the end of the client's certificate. */
export function compileValidityLeft(data: unknown, context: CriterionContext): Compiled | undefined {
  const bounds = boundsOf(data, context, {
    keys: ['more_than', 'less_than'],
    parse: parseSpan,
    example: '72h',
  });
  if (bounds === undefined) return undefined;
  const [more = -Infinity, less = Infinity] = bounds;
  return {
    needsCertificate: true,
    test: (occasion) => leftOf(occasion) > more && leftOf(occasion) < less,
    until: (occasion) => {
      const { leaf, now } = occasion;
      const moments = [more, less].map((bound) => (leaf?.notAfter ?? 0) - bound);
      return Math.min(...moments.filter((moment) => moment >= now).map((moment) => moment + 1), Infinity);
    },
  };
}

/** Milliseconds; none where there is no certificate. */
function leftOf({ leaf, now }: Occasion): number {
  return (leaf?.notAfter ?? now) - now;
}

interface Bounds {
  readonly keys: readonly [string, string];
  readonly parse: (text: string) => number | undefined;
  readonly example: string;
}

/** Both bounds, at least one of them given. */
function boundsOf(
  data: unknown,
  context: CriterionContext,
  { keys, parse, example }: Bounds,
): [number | undefined, number | undefined] | undefined {
  const map = asMap(data);
  if (map === undefined || !keys.some((key) => map[key] !== undefined)) {
    context.report({ path: context.path, message: `expected ${keys.join(' or ')}, or both` });
    return undefined;
  }
  if (hasOther(map, keys, context)) return undefined;
  const found = keys.map((key) => {
    const text = map[key];
    if (text === undefined) return undefined;
    const value = typeof text === 'string' ? parse(text) : undefined;
    if (value === undefined)
      context.report({ path: [...context.path, key], message: `expected text such as '${example}'` });
    return value ?? Number.NaN;
  });
  const [one, other] = found;
  return found.some((value) => Number.isNaN(value)) ? undefined : [one, other];
}

function hasOther(
  map: Readonly<Record<string, unknown>>,
  known: readonly string[],
  { path, report }: CriterionContext,
): boolean {
  const other = Object.keys(map).find((key) => !known.includes(key));
  if (other !== undefined)
    report({ path: [...path, other], message: `is not known here: write ${known.join(', ')}` });
  return other !== undefined;
}

function asMap(data: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof data === 'object' && data !== null && !Array.isArray(data)
    ? (data as Readonly<Record<string, unknown>>)
    : undefined;
}

function zoneOf(name: unknown, { path, report }: CriterionContext): Intl.DateTimeFormat | undefined {
  const zone =
    name === undefined ? parseTimeZone('UTC') : typeof name === 'string' ? parseTimeZone(name) : undefined;
  if (zone === undefined)
    report({
      path: [...path, 'timezone'],
      message: 'is no time zone: write a name such as Europe/Berlin or UTC',
    });
  return zone;
}

function daysOf(data: unknown, { path, report }: CriterionContext): ReadonlySet<number> | undefined {
  const days = new Set<number>();
  const parts =
    typeof data === 'string' ? data.split(',') : Array.isArray(data) && data.length > 0 ? data : [undefined];
  for (const part of parts) {
    const range = typeof part === 'string' ? rangeOf(part.trim().toLowerCase()) : undefined;
    if (range === undefined) {
      report({ path, message: "expected days such as 'mon-fri', 'sat', '*', or a list of them" });
      return undefined;
    }
    for (const day of range) days.add(day);
  }
  return days;
}

function rangeOf(text: string): number[] | undefined {
  if (text === '*') return [0, 1, 2, 3, 4, 5, 6];
  const [first, last, ...more] = text.split('-').map(dayOf);
  if (first === undefined || first < 0 || more.length > 0) return undefined;
  if (last === undefined) return text.includes('-') ? undefined : [first];
  if (last < 0) return undefined;
  const range: number[] = [first];
  for (let day = first; day !== last;) range.push((day = (day + 1) % 7));
  return range;
}

function dayOf(text: string): number {
  const name = text.trim();
  return Math.max(DAYS.indexOf(name), FULL_DAYS.indexOf(name));
}

function parseMoment(text: string): number | undefined {
  const parts = /^(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d)(:\d\d)?)?(Z|[+-]\d\d:\d\d)?$/.exec(text);
  if (parts === null) return undefined;
  const [, day, minute = '00:00', second = ':00', offset = 'Z'] = parts;
  const time = Date.parse(`${day}T${minute}${second}${offset}`);
  return Number.isNaN(time) ? undefined : time;
}

/** Seconds since midnight. */
function parseTime(text: string): number | undefined {
  const [, hourText, minute = '0', second = '0', half] =
    /^(\d{1,2})(?::(\d\d))?(?::(\d\d))?\s*([AaPp][Mm])?$/.exec(text) ?? [];
  if (hourText === undefined || (half === undefined && !text.includes(':'))) return undefined;
  const hour = half === undefined ? Number(hourText) : (Number(hourText) % 12) + (/^p/i.test(half) ? 12 : 0);
  if (half !== undefined && (Number(hourText) < 1 || Number(hourText) > 12)) return undefined;
  if (hour > 23 || Number(minute) > 59 || Number(second) > 59) return undefined;
  return hour * 3600 + Number(minute) * 60 + Number(second);
}

/** Milliseconds. */
function parseSpan(text: string): number | undefined {
  if (!/^(?:\d+(?:d|h|m|s))+$/.test(text)) return undefined;
  const unit: Readonly<Record<string, number>> = { d: 24 * HOUR_MS, h: HOUR_MS, m: 60_000, s: 1000 };
  let sum = 0;
  for (const [, count, name = ''] of text.matchAll(/(\d+)([dhms])/g))
    sum += Number(count) * (unit[name] ?? 0);
  return sum;
}

/** The next of these seconds of the day, or midnight; an hour at most, since clocks are changed on the hour. */
function nextChange(now: number, { second }: LocalTime, marks: readonly number[]): number {
  let next = 3600 - (second % 3600);
  for (const mark of [...marks, 24 * 3600]) if (mark > second) next = Math.min(next, mark - second);
  return Math.floor(now / 1000) * 1000 + next * 1000;
}
