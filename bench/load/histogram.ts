// A latency histogram with logarithmic buckets, after HdrHistogram: constant memory, no allocation on recording, and
// every figure within 1/128 (0.8 %) of the truth.

const SUB_BUCKET_BITS = 7;
const SUB_BUCKETS = 1 << SUB_BUCKET_BITS;
const BUCKETS = (32 - SUB_BUCKET_BITS + 1) * SUB_BUCKETS;
const MAX_US = 0xffff_ffff;

/** Bucket of a value: linear below 256, then 128 buckets for each doubling. */
function bucketOf(valueUs: number): number {
  if (valueUs < 2 * SUB_BUCKETS) return valueUs;
  const shift = 31 - SUB_BUCKET_BITS - Math.clz32(valueUs);
  return shift * SUB_BUCKETS + (valueUs >>> shift);
}

/** The largest value that falls into the bucket. */
function upperEdge(bucket: number): number {
  if (bucket < 2 * SUB_BUCKETS) return bucket;
  const shift = Math.floor(bucket / SUB_BUCKETS) - 1;
  return (bucket - shift * SUB_BUCKETS + 1) * 2 ** shift - 1;
}

/** Counts durations in microseconds, 0 to 71 minutes; longer ones count as 71 minutes. */
export class Histogram {
  readonly #counts = new Float64Array(BUCKETS);
  #count = 0;
  #sumUs = 0;
  #maxUs = 0;

  get count(): number {
    return this.#count;
  }

  get maxUs(): number {
    return this.#maxUs;
  }

  /** 0 when nothing was recorded. */
  get meanUs(): number {
    return this.#count === 0 ? 0 : this.#sumUs / this.#count;
  }

  record(durationUs: number): void {
    const valueUs = durationUs <= 0 ? 0 : durationUs >= MAX_US ? MAX_US : Math.floor(durationUs);
    const bucket = bucketOf(valueUs);
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#count++;
    this.#sumUs += valueUs;
    if (valueUs > this.#maxUs) this.#maxUs = valueUs;
  }

  /** The smallest value that at least `percent` of the recorded ones do not exceed; 0 when nothing was recorded. */
  percentileUs(percent: number): number {
    const wanted = Math.max(1, Math.ceil((percent / 100) * this.#count));
    let seen = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      seen += this.#counts[bucket] ?? 0;
      if (seen >= wanted) return Math.min(upperEdge(bucket), this.#maxUs);
    }
    return this.#maxUs;
  }

  /** How many values lie in each doubling, for a drawing: `[upper edge in us, count]`, from the first used to the last. */
  doublings(): [number, number][] {
    const rows: [number, number][] = [];
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      const count = this.#counts[bucket] ?? 0;
      if (count === 0) continue;
      const edgeUs = 2 ** Math.ceil(Math.log2(upperEdge(bucket) + 1));
      let last = rows.at(-1);
      while (last !== undefined && last[0] < edgeUs / 2) rows.push((last = [last[0] * 2, 0]));
      if (last?.[0] === edgeUs) last[1] += count;
      else rows.push([edgeUs, count]);
    }
    return rows;
  }
}
