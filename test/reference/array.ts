/** A float64 array with a shape: what references compute with. */
export interface Array64 {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

export type Arrays = { readonly [slot: string]: Array64 };

export function size(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}

export function array(shape: readonly number[], data: ArrayLike<number> = new Float64Array(size(shape))): Array64 {
  return { shape, data: Float64Array.from(data) };
}

/** The array filled by a function of the flat index. */
export function fill(shape: readonly number[], f: (i: number) => number): Array64 {
  return array(
    shape,
    Float64Array.from({ length: size(shape) }, (_, i) => f(i)),
  );
}

/** a [m, k] b [n, k]^T + bias [n]. */
export function product(a: Array64, b: Array64, bias?: Array64): Array64 {
  const n = b.shape[0] as number;
  const k = b.data.length / n;
  const c = array([a.data.length / k, n]);
  for (let i = 0; i < c.data.length; i++) {
    const [row, column] = [Math.floor(i / n) * k, (i % n) * k];
    let sum = bias ? at(bias, i % n) : 0;
    for (let j = 0; j < k; j++) sum += a.data[row + j]! * b.data[column + j]!;
    c.data[i] = sum;
  }
  return c;
}

export function at(a: Array64, i: number): number {
  return a.data[i] as number;
}
