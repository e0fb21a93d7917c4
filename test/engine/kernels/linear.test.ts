import { describe, expect, it } from 'vitest';
import '../../matchers';
import type { Engine } from '../../../kernel-lib/engine/engine';
import { matmulScratch, panelFloats, weightGradientScratch } from '../../../kernel-lib/engine/scratch';
import { bits, engineOf, forms, garbage, productOf, random, run, zeros } from './engines';

const shapes = [
  [1, 1, 1],
  [2, 3, 5],
  [7, 31, 13],
  [12, 32, 16],
  [53, 33, 300],
  [97, 65, 400],
  [200, 129, 14],
] as const;

/** Panels of B, packed by the command. */
function pack(engine: Engine, w: Float32Array, k: number, n: number, transposed: boolean): Float32Array {
  return run(engine, 'panels', [w, transposed ? k : n, Number(transposed), k, n, zeros(panelFloats(k, n))])[1]!;
}

describe.each(forms)('products on %s', async (form) => {
  const engine = await engineOf(form);

  it.each(shapes)('linear gives a B + bias for m = %i, n = %i, k = %i', (m, n, k) => {
    const [a, w, bias, c] = [random(m * k, 1), random(k * n, 2), random(n, 3), random(m * n, 4)];
    for (const transposed of [false, true]) {
      const panels = pack(engine, w, k, n, transposed);
      const want = productOf(a, w, m, n, k, false, transposed).map((v, i) => v + bias[i % n]!);
      const got = run(engine, 'linear', [a, k, panels, garbage(m * n), n, m, n, k, bias, 0])[2]!;
      expect(got).toAgreeWith(want, 2e-6);
      const added = run(engine, 'linear', [a, k, panels, c, n, m, n, k, bias, 1])[2]!;
      expect(added).toAgreeWith(
        want.map((v, i) => v + c[i]!),
        2e-6,
      );
    }
  });

  it('reads rows and writes rows that are parts of longer ones', () => {
    const [m, n, k, lda, ldc] = [29, 21, 11, 17, 40];
    const [a, w] = [random(m * lda, 1), random(k * n, 2)];
    const c = random(m * ldc, 3);
    const got = run(engine, 'linear', [a, lda, pack(engine, w, k, n, false), c, ldc, m, n, k, null, 0])[2]!;
    const narrow = Float32Array.from({ length: m * k }, (_, i) => a[Math.floor(i / k) * lda + (i % k)]!);
    const want = productOf(narrow, w, m, n, k);
    expect(Array.from(got, (v, i) => (i % ldc < n ? v : 0))).toAgreeWith(
      Array.from(got, (_, i) => (i % ldc < n ? want[Math.floor(i / ldc) * n + (i % ldc)]! : 0)),
      2e-6,
    );
    expect(got.filter((_, i) => i % ldc >= n)).toEqual(c.filter((_, i) => i % ldc >= n));
  });

  it('a row has the same bits in any company', () => {
    const [m, n, k] = [101, 37, 300];
    const [a, w, bias] = [random(m * k, 1), random(k * n, 2), random(n, 3)];
    const panels = pack(engine, w, k, n, false);
    const rows = (first: number, count: number) =>
      run(engine, 'linear', [a.slice(first * k, (first + count) * k), k, panels, zeros(count * n), n, count, n, k, bias, 0])[2]!;
    const all = rows(0, m);
    for (const [first, count] of [
      [0, 1],
      [100, 1],
      [5, 13],
      [3, 60],
      [50, 51],
    ] as const) {
      expect(bits(rows(first, count))).toEqual(bits(all.slice(first * n, (first + count) * n)));
    }
  });

  it.each(shapes)('the weight gradient is dy^T x, the bias gradient the column sums, for n = %i, k = %i, m = %i', (n, k, m) => {
    const [x, dy, dw, db] = [random(m * k, 1), random(m * n, 2), random(n * k, 3), random(n, 4)];
    const want = productOf(dy, x, n, k, m, true);
    const sums = productOf(new Float32Array(m).fill(1), dy, 1, n, m);
    const over = run(engine, 'linear_weight_gradient', [x, k, dy, n, m, k, n, garbage(n * k), garbage(n), 0], weightGradientScratch);
    expect(over[2]!).toAgreeWith(want, 2e-6);
    expect(over[3]!).toAgreeWith(sums, 2e-6);
    const added = run(engine, 'linear_weight_gradient', [x, k, dy, n, m, k, n, dw, db, 1], weightGradientScratch);
    expect(added[2]!).toAgreeWith(
      want.map((v, i) => v + dw[i]!),
      2e-6,
    );
    expect(added[3]!).toAgreeWith(
      sums.map((v, i) => v + db[i]!),
      2e-6,
    );
  });

  it('the weight gradient goes without a bias gradient, with the same bits', () => {
    const [n, k, m] = [45, 23, 67];
    const [x, dy] = [random(m * k, 1), random(m * n, 2)];
    const gradient = (db: Float32Array | null) =>
      run(engine, 'linear_weight_gradient', [x, k, dy, n, m, k, n, zeros(n * k), db, 0], weightGradientScratch);
    expect(bits(gradient(null)[2]!)).toEqual(bits(gradient(zeros(n))[2]!));
  });

  it('column sums have the bits of the bias gradient, and are added', () => {
    const [n, k, m] = [45, 1, 267];
    const [x, dy, db] = [random(m * k, 1), random(m * n, 2), random(n, 3)];
    const want = run(engine, 'linear_weight_gradient', [x, k, dy, n, m, k, n, zeros(n * k), zeros(n), 0], weightGradientScratch)[3]!;
    expect(bits(run(engine, 'column_sums', [dy, m, n, garbage(n), 0])[1]!)).toEqual(bits(want));
    const added = run(engine, 'column_sums', [dy, m, n, db, 1])[1]!;
    expect(added).toAgreeWith(
      want.map((v, i) => v + db[i]!),
      2e-6,
    );
  });

  it.each([
    [1, 1, 1],
    [5, 3, 2],
    [33, 20, 47],
    [98, 35, 140],
  ])('matmul takes either factor transposed and broadcasts: m = %i, n = %i, k = %i', (m, n, k) => {
    const batch = 3;
    const [a, b] = [random(batch * m * k, 1), random(k * n, 2)];
    for (const [ta, tb] of [
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
    ]) {
      const got = run(engine, 'matmul', [a, b, garbage(batch * m * n), batch, m, n, k, ta!, tb!, m * k, 0], matmulScratch)[2]!;
      const want = [0, 1, 2].flatMap((i) => [...productOf(a.subarray(i * m * k, (i + 1) * m * k), b, m, n, k, !!ta, !!tb)]);
      expect(got).toAgreeWith(want, 2e-6);
    }
  });

  it('threads change no bit', async () => {
    const [m, n, k] = [110, 70, 40];
    const [x, w, dy] = [random(m * k, 1), random(n * k, 2), random(m * n, 3)];
    const results = await Promise.all(
      [1, 2, 3].map(async (threads) => {
        const e = await engineOf(form, threads);
        const y = run(e, 'linear', [x, k, pack(e, w, k, n, true), zeros(m * n), n, m, n, k, null, 0])[2]!;
        return [y, ...run(e, 'linear_weight_gradient', [x, k, dy, n, m, k, n, zeros(n * k), zeros(n), 0], weightGradientScratch)].map(bits);
      }),
    );
    expect(results[1]).toEqual(results[0]);
    expect(results[2]).toEqual(results[0]);
  });
});
