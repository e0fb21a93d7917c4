/** Some neighbouring samples of a batch. */
export interface Part {
  readonly first: number;
  readonly count: number;
}

/** Divides a batch into `n` parts, as many as there are samples at most; sizes differ by one at most, larger ones first. */
export function microBatches(samples: number, n: number): Part[] {
  const parts = Math.min(n, samples);
  const small = Math.floor(samples / parts);
  const larger = samples % parts;
  return Array.from({ length: parts }, (_, i) => ({ first: i * small + Math.min(i, larger), count: small + (i < larger ? 1 : 0) }));
}
