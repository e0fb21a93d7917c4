import { type Key, threefry } from './threefry';

const WORD = 2 ** 32;

/** The numbers 0 .. n-1 in random order (Fisher-Yates). */
export function permutation(key: Key, n: number): Uint32Array {
  const out = new Uint32Array(n);
  const words = new Uint32Array(2);
  for (let i = 0; i < n; i++) {
    threefry(key, i, 0, words);
    const j = Math.floor(((words[0] as number) * (i + 1)) / WORD);
    out[i] = out[j] as number;
    out[j] = i;
  }
  return out;
}
