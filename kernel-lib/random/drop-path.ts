import { type Key, threefry } from './threefry';
import { unit } from './unit';

/**
 * What drop path multiplies the branch of a sample with, and dropout of channels one of its channels: 0, or 1 / (1 - rate) so that the
 * expectation stays. In float32 as in engine/kernels/random.h, with the same draw.
 */
export function dropPathScale(key: Key, sample: number, rate: number, channel = 0): number {
  const words = new Uint32Array(2);
  const share = Math.fround(rate);
  threefry(key, sample, channel, words);
  return unit(words[0] as number) >= share ? Math.fround(1 / Math.fround(1 - share)) : 0;
}
