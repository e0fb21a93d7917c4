import type { ParamSpec } from '../../kernel-lib/tape/graph';

// Numbers that need no file: a hash of a name and an index, the same in bench/twins/numbers_by_formula.py.

/** `count` numbers in [0, 1), exact in float32. */
function uniform(name: string, count: number): Float64Array {
  let seed = 0x811c9dc5;
  for (const byte of Buffer.from(name)) seed = Math.imul(seed ^ byte, 0x01000193); // FNV-1a
  return Float64Array.from({ length: count }, (_, i) => {
    let x = (seed + Math.imul(i, 0x9e3779b9)) >>> 0;
    x = Math.imul(x ^ (x >>> 16), 0x85ebca6b) >>> 0; // murmur3's finaliser
    x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35) >>> 0;
    return ((x ^ (x >>> 16)) >>> 8) * 2 ** -24;
  });
}

function between(name: string, count: number, centre: number, width: number): Float32Array {
  return Float32Array.from(uniform(name, count), (u) => centre + width * (2 * u - 1));
}

export const size = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/** Nowhere zero, and wide enough that every layer matters. */
export function parameter({ name, shape }: ParamSpec): Float32Array {
  const weight = name.endsWith('.weight');
  if (name.endsWith('.running_var') || (weight && shape.length === 1)) return between(name, size(shape), 1, 0.5);
  return between(name, size(shape), 0, weight ? Math.sqrt(3 / size(shape.slice(1))) : 0.5);
}

export function images(shape: readonly number[]): Float32Array {
  return between('images', size(shape), 0, Math.sqrt(3));
}

export function labels(shape: readonly number[], classes: number): Int32Array {
  return Int32Array.from(uniform('labels', size(shape)), (u) => Math.floor(u * classes));
}

/** Labels of pixels; a fifth of them is ignored (-1). */
export function masks(shape: readonly number[], classes: number): Int32Array {
  const ignored = uniform('ignored', size(shape));
  return labels(shape, classes).map((label, i) => (ignored[i]! < 0.2 ? -1 : label));
}
