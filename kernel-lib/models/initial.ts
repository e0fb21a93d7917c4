import { key, truncatedNormal, uniform } from '../random/random';
import type { ParamSpec } from '../tape/graph';

/** The start of a parameter: its values depend on the seed and its name only. */
export function initial({ name, shape, init }: ParamSpec, seed: number): Float32Array {
  const n = shape.reduce((a, b) => a * b, 1);
  const draws = key(seed, 0, 0, name);
  switch (init.kind) {
    case 'zeros':
      return new Float32Array(n);
    case 'ones':
      return new Float32Array(n).fill(1);
    case 'truncatedNormal':
      return truncatedNormal(draws, n, init.std);
    case 'uniform':
      return uniform(draws, n, -init.bound, init.bound);
  }
}
