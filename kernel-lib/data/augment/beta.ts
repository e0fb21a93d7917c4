import { type Key, key as keyOf, normal, uniform } from '../../random/random';

/** A draw of Beta(a, a): x / (x + y) of two Gamma(a) draws, in logarithms, since for a small `a` both underflow. */
export function symmetricBeta(seed: number, step: number, name: string, a: number): number {
  const log = (side: string): number => logGamma((attempt) => keyOf(seed, step, attempt, `${name}.${side}`), a);
  return 1 / (1 + Math.exp(log('y') - log('x')));
}

/** The logarithm of a draw of Gamma(a, 1). Marsaglia and Tsang, "A simple method for generating gamma variables" (2000). */
function logGamma(keyOfAttempt: (attempt: number) => Key, a: number): number {
  const d = Math.max(a, a + (a < 1 ? 1 : 0)) - 1 / 3;
  for (let attempt = 0; ; attempt++) {
    const k = keyOfAttempt(attempt);
    const [u, boost] = uniform(k, 2).map((v) => 1 - v) as unknown as [number, number]; // in (0, 1]
    const x = normal(keyOf(k[0], k[1], 0, 'normal'), 1)[0] as number;
    const v = (1 + x / Math.sqrt(9 * d)) ** 3;
    if (v <= 0 || Math.log(u) > 0.5 * x * x + d - d * v + d * Math.log(v)) continue;
    return Math.log(d * v) + (a < 1 ? Math.log(boost) / a : 0);
  }
}
