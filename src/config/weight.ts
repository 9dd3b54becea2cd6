// A `to` of a route may say how heavily it counts against its siblings: `url,weight`, as in Pomerium.

/** Splits `url,weight`. The weight is absent where there is none, NaN where it is no number. */
export function splitWeight(text: string): { url: string; weight: number | undefined } {
  const comma = text.lastIndexOf(',');
  if (comma === -1) return { url: text, weight: undefined };
  const digits = text.slice(comma + 1).trim();
  return { url: text.slice(0, comma).trim(), weight: /^\d{1,9}$/.test(digits) ? Number(digits) : Number.NaN };
}
