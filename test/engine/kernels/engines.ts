import { expect } from 'vitest';
import { addonFile, loadAddon } from '../../../kernel-lib/engine/binaries';
import type { Engine } from '../../../kernel-lib/engine/engine';
import { start } from '../../../kernel-lib/engine/start';

/** Every way to run the C kernels on this machine. */
export const forms: readonly string[] = [...loadAddon(addonFile()).isas().filter(Boolean), 'wasm'];

/** An engine of one of `forms`. */
export function engineOf(form: string, threads = 2): Promise<Engine> {
  return start({ ...(form === 'wasm' ? { backend: 'wasm' } : { backend: 'native', isa: form }), threads, quiet: true });
}

type Numbers = Float32Array | Int32Array;
const guard = 16;

/**
 * Runs a command on copies of the arrays and returns these after it, in order. NaN lies behind every array: a number that is read
 * past the end shows in the result, and one that is written there fails the test.
 */
export function run(engine: Engine, command: string, args: readonly (number | null | Numbers)[], scratchBytes = 0): Float32Array[] {
  const tensors = args.map((x) => {
    if (x === null || typeof x === 'number') return x;
    const padded = x instanceof Int32Array ? new Int32Array(x.length + guard) : new Float32Array(x.length + guard).fill(Number.NaN);
    padded.set(x);
    return engine.from(padded, [padded.length], x instanceof Int32Array ? 'int32' : 'float32');
  });
  engine.kernels?.queue(command, tensors, scratchBytes);
  const results: Float32Array[] = [];
  for (const t of tensors) {
    if (t === null || typeof t === 'number') continue;
    const values = engine.read(t) as Float32Array;
    t.dispose();
    if (t.dtype === 'float32')
      expect(values.subarray(values.length - guard).every(Number.isNaN), `${command} wrote past an array`).toBe(true);
    results.push(values.slice(0, values.length - guard));
  }
  return results;
}

/** Numbers about normal, the same for the same seed. */
export function random(n: number, seed: number): Float32Array {
  let state = seed * 2654435761 + 1;
  const uniform = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  return Float32Array.from({ length: n }, () => uniform() + uniform() + uniform() + uniform() + uniform() + uniform() - 3);
}

export const zeros = (n: number): Float32Array => new Float32Array(n);

/** What a command must overwrite. */
export const garbage = (n: number): Float32Array => new Float32Array(n).fill(Number.NaN);

/** c [m, n] = a b in float64, either transposed. */
export function productOf(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  m: number,
  n: number,
  k: number,
  ta = false,
  tb = false,
): Float64Array {
  const c = new Float64Array(m * n);
  for (let i = 0; i < m; i++)
    for (let j = 0; j < n; j++)
      for (let p = 0; p < k; p++) c[i * n + j]! += a[ta ? p * m + i : i * k + p]! * b[tb ? j * k + p : p * n + j]!;
  return c;
}

/** The bits, so that NaN equals NaN and 0 is not -0. */
export const bits = (x: Float32Array): Uint32Array => new Uint32Array(x.slice().buffer);
