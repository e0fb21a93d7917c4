// What a few paired runs say: the mean of the differences, and how far it may be off.

/** Student's t for a two-sided interval of 95 %, by degrees of freedom from 1. */
const T95 = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131] as const;

export interface Interval {
  readonly mean: number;
  /** The mean lies within this of the true one in 95 of 100 such experiments; NaN for a single number. */
  readonly margin: number;
  readonly count: number;
}

/** Mean and 95 % interval of some numbers. */
export function interval(values: readonly number[]): Interval {
  const count = values.length;
  const mean = values.reduce((sum, x) => sum + x, 0) / count;
  const variance = values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (count - 1);
  const t = T95[Math.min(count - 1, T95.length) - 1] ?? Number.NaN;
  return { mean, margin: count > 1 ? t * Math.sqrt(variance / count) : Number.NaN, count };
}

/** Interval of the differences between two lists, pair by pair. */
export function paired(a: readonly number[], b: readonly number[]): Interval {
  return interval(a.map((x, i) => x - (b[i] as number)));
}

/**
 * What a paired comparison says beside a margin that was stated beforehand: `equal` when the whole interval lies within it, `worse` or
 * `better` when it lies beyond zero on one side, else `open`.
 */
export function verdict({ mean, margin }: Interval, stated: number): 'equal' | 'better' | 'worse' | 'open' {
  const [low, high] = [mean - margin, mean + margin];
  if (low > -stated && high < stated) return 'equal';
  if (high < 0) return 'worse';
  return low > 0 ? 'better' : 'open';
}

/** `−0.07 ± 0.87`, with so many digits; `?` where a single number has no interval. */
export function inWords({ mean, margin }: Interval, digits: number): string {
  const size = Math.abs(mean).toFixed(digits);
  const sign = Number(size) === 0 ? '' : mean < 0 ? '−' : '+';
  return `${sign}${size} ± ${Number.isNaN(margin) ? '?' : margin.toFixed(digits)}`;
}
