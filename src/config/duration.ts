// Go-like durations (`10s`, `1m30s`, `500ms`, `0`) to milliseconds, as Pomerium and every Go tool writes them.

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
const PART = /(\d+(?:\.\d+)?)(ms|s|m|h)/g;

/** The whole of a duration: one or more numbers with a unit each, or a bare zero. */
export const DURATION = /^(?:0|(?:\d+(?:\.\d+)?(?:ms|s|m|h))+)$/;

/** Milliseconds, whole; undefined when the text is no duration or too long to count exactly. */
export function parseDuration(text: string): number | undefined {
  if (!DURATION.test(text)) return undefined;
  let ms = 0;
  for (const [, amount, unit = ''] of text.matchAll(PART))
    ms += Number(amount) * (UNIT_MS[unit] ?? Number.NaN);
  const whole = Math.round(ms);
  // A timer takes 31 bits of milliseconds; Node turns anything longer into 1 ms.
  return whole <= MAX_DURATION_MS ? whole : undefined;
}

/** The longest time a Node timer can wait, 24.8 days, in milliseconds. */
export const MAX_DURATION_MS = 2_147_483_647;

/** `90000` as `1m30s`: the shortest text that `parseDuration` reads back. */
export function formatDuration(ms: number): string {
  if (ms === 0) return '0';
  let text = '';
  let rest = ms;
  for (const unit of ['h', 'm', 's', 'ms']) {
    const size = UNIT_MS[unit] ?? 1;
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) text += `${count}${unit}`;
  }
  return text;
}
