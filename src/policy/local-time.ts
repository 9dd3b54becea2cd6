// What the clock on the wall says in a time zone.

export interface LocalTime {
  /** 0 is Sunday. */
  readonly day: number;
  /** Since midnight by the clock. */
  readonly second: number;
}

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

/** Undefined where the name is no time zone. Making one costs a tenth of a millisecond: once a reload. */
export function parseTimeZone(name: string): Intl.DateTimeFormat | undefined {
  try {
    return new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      hourCycle: 'h23',
      weekday: 'short',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    });
  } catch {
    return undefined;
  }
}

/** `now` in milliseconds since the epoch. */
export function localTime(now: number, zone: Intl.DateTimeFormat): LocalTime {
  const parts = new Map(zone.formatToParts(now).map(({ type, value }) => [type, value]));
  const number = (type: Intl.DateTimeFormatPartTypes): number => Number(parts.get(type) ?? 0);
  return {
    day: DAYS.indexOf(parts.get('weekday') ?? ''),
    second: number('hour') * 3600 + number('minute') * 60 + number('second'),
  };
}
