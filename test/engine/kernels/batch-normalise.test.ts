import { describe, expect, it } from 'vitest';
import type { Engine } from '../../../kernel-lib/engine/engine';
import '../../matchers';
import { bits, engineOf, forms, garbage, random, run } from './engines';

const eps = 1e-5;

/** Moments of every sample, [samples, 2, d]. */
function momentsOf(engine: Engine, x: Float32Array, samples: number, rows: number, d: number): Float32Array {
  const blocks = run(engine, 'block_moments', [x, garbage(samples * Math.ceil(rows / 64) * 2 * d), samples, rows, d])[1]!;
  return run(engine, 'sample_moments', [blocks, garbage(samples * 2 * d), samples, rows, d])[1]!;
}

describe.each(forms)('batch normalisation on %s', async (form) => {
  const [engine, crowd] = [await engineOf(form, 1), await engineOf(form, 3)];

  it.each([
    [1, 1, 1],
    [2, 64, 8],
    [3, 65, 37],
    [2, 300, 131],
  ])('finds the spread of columns far from zero: %i samples of %i x %i', (samples, rows, d) => {
    const x = random(samples * rows * d, 1).map((v, i) => 100 * (1 + ((i % d) % 7)) + v);
    const got = momentsOf(engine, x, samples, rows, d);
    const want = new Float64Array(samples * 2 * d);
    for (let s = 0; s < samples; s++)
      for (let j = 0; j < d; j++) {
        const column = Array.from({ length: rows }, (_, r) => x[(s * rows + r) * d + j]!);
        const mean = column.reduce((a, b) => a + b, 0) / rows;
        want[s * 2 * d + j] = mean;
        want[(s * 2 + 1) * d + j] = column.reduce((sum, v) => sum + (v - mean) ** 2, 0);
      }
    const part = (all: ArrayLike<number>, which: number) => Array.from(all).filter((_, i) => Math.floor(i / d) % 2 === which);
    expect(part(got, 0)).toAgreeWith(part(want, 0), 1e-7);
    expect(part(got, 1)).toAgreeWith(part(want, 1), 1e-5);
  });

  it('gives a sample the same moments alone, and any number of threads the same bits', () => {
    const [samples, rows, d] = [3, 150, 45];
    const x = random(samples * rows * d, 1);
    const all = momentsOf(engine, x, samples, rows, d);
    expect(bits(momentsOf(crowd, x, samples, rows, d))).toEqual(bits(all));
    expect(bits(momentsOf(engine, x.slice(2 * rows * d), 1, rows, d))).toEqual(bits(all.slice(4 * d)));
  });

  it('gives the same bits whatever is asked, and in place', () => {
    const [samples, rows, d] = [2, 70, 45];
    const [x, gamma, beta] = [random(samples * rows * d, 1), random(d, 2), random(d, 3)];
    const moments = momentsOf(engine, x, samples, rows, d);
    const running = [random(d, 4), random(d, 5).map(Math.abs)] as const;
    const [, , , table] = run(engine, 'batch_statistics', [moments, ...running, garbage(3 * d), null, null, samples, rows, d, eps, 0.1]);
    const n = samples * rows;
    const [, , , , xhat, out] = run(engine, 'batch_normalise', [x, table!, gamma, beta, garbage(n * d), garbage(n * d), n, d]);
    expect(bits(run(engine, 'batch_normalise', [x, table!, null, null, garbage(n * d), null, n, d])[2]!)).toEqual(bits(xhat!));
    expect(bits(run(engine, 'batch_normalise', [x, table!, gamma, beta, null, garbage(n * d), n, d])[4]!)).toEqual(bits(out!));
    expect(bits(run(engine, 'affine', [xhat!, gamma, beta, garbage(n * d), n, d])[3]!)).toEqual(bits(out!));
    expect(run(engine, 'affine', [xhat!, table!.slice(2 * d), table!.slice(0, d), garbage(n * d), n, d])[3]!).toAgreeWith(x, 1e-6);
  });
});
