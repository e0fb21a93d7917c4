import { type Key, threefry } from './threefry';
import { unit } from './unit';

/** What drop path multiplies the branch of a sample with: 0, or 1 / (1 - rate). The `residual` command draws the same. */
export function dropPathScale(key: Key, sample: number, rate: number): number {
  const words = new Uint32Array(2);
  threefry(key, sample, 0, words);
  return unit(words[0] as number) >= rate ? 1 / (1 - rate) : 0;
}
