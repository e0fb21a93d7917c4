import { type Key, threefry } from '../../random/random';

const WORD = 2 ** 32;

/** A draw of Beta(a, a): x / (x + y) of two draws of Gamma(a), in logarithms, since for a small `a` both underflow. */
export function symmetricBeta(x: Key, y: Key, a: number): number {
  return 1 / (1 + Math.exp(logGamma(y, a) - logGamma(x, a)));
}

/** The logarithm of a draw of Gamma(a). Marsaglia and Tsang, "A simple method for generating gamma variables" (2000). */
function logGamma(key: Key, a: number): number {
  const d = (a < 1 ? a + 1 : a) - 1 / 3;
  const words = new Uint32Array(2);
  for (let attempt = 0; ; attempt++) {
    const [radius, angle] = pair(key, attempt, 0, words);
    const [u, boost] = pair(key, attempt, 1, words);
    const x = Math.sqrt(-2 * Math.log(radius)) * Math.cos(2 * Math.PI * angle);
    const v = (1 + x / Math.sqrt(9 * d)) ** 3;
    if (v <= 0 || Math.log(u) > 0.5 * x * x + d - d * v + d * Math.log(v)) continue;
    return Math.log(d * v) + (a < 1 ? Math.log(boost) / a : 0);
  }
}

/** Two draws from (0, 1]. */
function pair(key: Key, attempt: number, use: number, words: Uint32Array): [number, number] {
  threefry(key, attempt, use, words);
  return [((words[0] as number) + 1) / WORD, ((words[1] as number) + 1) / WORD];
}
