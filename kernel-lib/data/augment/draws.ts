import { key, uniform } from '../../random/random';

/**
 * Which picture of a training it is: draws depend on this alone, so that neither worker threads nor resuming changes a picture.
 * `place` is the place in the epoch's order: a sample that comes three times is augmented in three ways.
 */
export interface SampleKey {
  readonly seed: number;
  readonly epoch: number;
  readonly place: number;
}

/** `n` draws from [0, 1) for one use of a picture. */
export function draws({ seed, epoch, place }: SampleKey, name: string, n: number): Float32Array {
  return uniform(key(seed, epoch, place, `augment.${name}`), n);
}
