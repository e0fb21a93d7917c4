import { key, permutation } from '../random/random';

export interface OrderOptions {
  readonly count: number;
  readonly seed: number;
  readonly shuffle: boolean;
  /** How often each sample comes, one after another; an epoch stays as long as the data set. */
  readonly repeats?: number;
}

/** The samples of an epoch in order: a function of (seed, epoch) alone. The order of the epoch asked for last is kept. */
export function epochOrder({ count, seed, shuffle, repeats = 1 }: OrderOptions): (epoch: number) => Uint32Array {
  let kept: { readonly epoch: number; readonly samples: Uint32Array } | undefined;
  return (epoch) => {
    if (kept?.epoch !== epoch) {
      const shuffled = shuffle ? permutation(key(seed, epoch, 0, 'shuffle'), count) : Uint32Array.from({ length: count }, (_, i) => i);
      kept = { epoch, samples: repeats === 1 ? shuffled : shuffled.map((_, i) => shuffled[Math.floor(i / repeats)] as number) };
    }
    return kept.samples;
  };
}
