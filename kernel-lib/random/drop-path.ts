import { type Key, threefry } from './threefry';
import { unit } from './unit';

/**
 * What drop path multiplies the branch of a sample with: 0, or 1 / (1 - rate) so that the expectation stays. In float32 as in
 * `drop_path_scale` (engine/kernels/random.h), with the same draw.
 */
export function dropPathScale(key: Key, sample: number, rate: number): number {
  const words = new Uint32Array(2);
  const share = Math.fround(rate);
  threefry(key, sample, 0, words);
  return unit(words[0] as number) >= share ? Math.fround(1 / Math.fround(1 - share)) : 0;
}
