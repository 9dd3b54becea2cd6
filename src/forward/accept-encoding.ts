// Which content coding a client takes best, by its Accept-Encoding (RFC 9110 12.5.3).

/** Those that answers are compressed in. */
export type Coding = 'zstd' | 'br' | 'gzip';

/** RFC 9110 12.4.2: three decimals at most. */
const QVALUE = /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/;

/**
 * The best of `offered`, which are in our order of preference; the client's weights come first. Undefined: as it is,
 * which is also what a client gets that takes neither `identity` nor anything we offer.
 */
export function preferredCoding(fields: readonly string[], offered: readonly Coding[]): Coding | undefined {
  if (fields.length === 0) return undefined;
  const weights = weightsOf(fields);
  const weightOf = (coding: string): number | undefined => weights.get(coding) ?? weights.get('*');
  let best: Coding | undefined;
  let bestWeight = 0;
  for (const coding of offered) {
    const weight = weightOf(coding) ?? 0;
    if (weight > bestWeight) [best, bestWeight] = [coding, weight];
  }
  // Unlisted, identity is acceptable, and less wanted than whatever is named.
  return bestWeight >= (weights.get('identity') ?? 0) ? best : undefined;
}

/** A member that cannot be read counts as not acceptable. Of one that is named twice the first counts. */
function weightsOf(fields: readonly string[]): Map<string, number> {
  const weights = new Map<string, number>();
  for (const member of fields.join(',').toLowerCase().split(',')) {
    const [name = '', ...parameters] = member.split(';').map((part) => part.trim());
    // RFC 9110 8.4.1.3
    const coding = name === 'x-gzip' ? 'gzip' : name;
    if (coding !== '' && !weights.has(coding)) weights.set(coding, weightIn(parameters));
  }
  return weights;
}

function weightIn(parameters: readonly string[]): number {
  const [parameter] = parameters;
  if (parameter === undefined) return 1;
  const value = parameters.length === 1 && parameter.startsWith('q=') ? parameter.slice(2) : '';
  return QVALUE.test(value) ? Number(value) : 0;
}
