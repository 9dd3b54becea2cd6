// A moment as text. Many lines are of the same millisecond, so the last answer is kept.

let lastTime = Number.NaN;
let lastText = '';

/** `2026-01-31T23:59:59.999Z` from milliseconds since the epoch; fractions are cut, what is no moment is the epoch. */
export function isoTime(time: number): string {
  if (time !== lastTime) {
    const date = new Date(time);
    lastText = (Number.isNaN(date.getTime()) ? new Date(0) : date).toISOString();
    lastTime = time;
  }
  return lastText;
}
