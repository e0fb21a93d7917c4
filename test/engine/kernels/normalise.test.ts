import { describe, expect, it } from 'vitest';
import '../../matchers';
import { bits, engineOf, forms, garbage, random, run, zeros } from './engines';

const eps = 1e-6;
const shapes = [
  [1, 1],
  [3, 2],
  [5, 19],
  [131, 37],
  [70, 192],
] as const;

function statistics(x: Float32Array, rows: number, d: number): { mean: Float64Array; rstd: Float64Array } {
  const [mean, rstd] = [new Float64Array(rows), new Float64Array(rows)];
  for (let r = 0; r < rows; r++) {
    const row = x.subarray(r * d, (r + 1) * d);
    const m = row.reduce((s, v) => s + v, 0) / d;
    mean[r] = m;
    rstd[r] = 1 / Math.sqrt(row.reduce((s, v) => s + (v - m) ** 2, 0) / d + eps);
  }
  return { mean, rstd };
}

describe.each(forms)('normalise on %s', async (form) => {
  const engine = await engineOf(form);

  it.each(shapes)('agrees with float64 for %i x %i', (rows, d) => {
    const x = random(rows * d, 1).map((v, i) => v * (1 + (i % 3)) + 5);
    const [gamma, beta] = [random(d, 2), random(d, 3)];
    const { mean, rstd } = statistics(x, rows, d);
    const want = Float64Array.from(x, (v, i) => (v - mean[Math.floor(i / d)]!) * rstd[Math.floor(i / d)]!);
    const [, , , xhat, means, rstds, out] = run(engine, 'normalise', [
      x,
      gamma,
      beta,
      garbage(rows * d),
      garbage(rows),
      garbage(rows),
      garbage(rows * d),
      rows,
      d,
      eps,
    ]);
    if (d > 1) expect(xhat!).toAgreeWith(want, 2e-6);
    expect(means!).toAgreeWith(mean, 1e-6);
    expect(rstds!).toAgreeWith(rstd, 1e-6);
    if (d > 1)
      expect(out!).toAgreeWith(
        want.map((v, i) => v * gamma[i % d]! + beta[i % d]!),
        2e-6,
      );
  });

  it('its halves give its bits, whatever else is asked', () => {
    const [rows, d] = [67, 45];
    const [x, gamma, beta] = [random(rows * d, 1), random(d, 2), random(d, 3)];
    const [, , , xhat, mean, rstd, out] = run(engine, 'normalise', [
      x,
      gamma,
      beta,
      zeros(rows * d),
      zeros(rows),
      zeros(rows),
      zeros(rows * d),
      rows,
      d,
      eps,
    ]);
    const alone = run(engine, 'normalise', [x, gamma, beta, null, null, null, zeros(rows * d), rows, d, eps])[3]!;
    const affine = run(engine, 'affine', [xhat!, gamma, beta, garbage(rows * d), rows, d])[3]!;
    const again = run(engine, 'standardise', [x, mean!, rstd!, garbage(rows * d), rows, d])[3]!;
    expect(bits(alone)).toEqual(bits(out!));
    expect(bits(affine)).toEqual(bits(out!));
    expect(bits(again)).toEqual(bits(xhat!));
    expect(run(engine, 'denormalise', [xhat!, mean!, rstd!, garbage(rows * d), rows, d])[3]!).toAgreeWith(x, 1e-6);
  });

  it.each(shapes)('its gradients agree with float64 for %i x %i', (rows, d) => {
    const [xhat, gamma, dout, before] = [random(rows * d, 1), random(d, 2), random(rows * d, 3), random(rows * d, 4)];
    const rstd = random(rows, 5).map((v) => 1 + Math.abs(v));
    const [dx, dgamma, dbeta] = [new Float64Array(rows * d), new Float64Array(d), new Float64Array(d)];
    for (let r = 0; r < rows; r++) {
      const g = (i: number) => dout[r * d + i]! * gamma[i]!;
      let [sum, along] = [0, 0];
      for (let i = 0; i < d; i++) {
        sum += g(i) / d;
        along += (g(i) * xhat[r * d + i]!) / d;
        dgamma[i]! += dout[r * d + i]! * xhat[r * d + i]!;
        dbeta[i]! += dout[r * d + i]!;
      }
      for (let i = 0; i < d; i++) dx[r * d + i] = rstd[r]! * (g(i) - sum - xhat[r * d + i]! * along);
    }
    const blocks = Math.ceil(rows / 64);
    const gradient = (to: Float32Array | null, add: number, partials: Float32Array | null) =>
      run(engine, 'normalise_gradient', [xhat, rstd, gamma, dout, to, add, partials, rows, d]).slice(4);
    const [over, partials] = gradient(garbage(rows * d), 0, garbage(blocks * 2 * d));
    expect(over!).toAgreeWith(dx, 2e-6);
    expect(gradient(before, 1, null)[0]!).toAgreeWith(
      dx.map((v, i) => v + before[i]!),
      2e-6,
    );
    expect(bits(gradient(null, 0, zeros(blocks * 2 * d))[0]!)).toEqual(bits(partials!));
    const sums = (offset: number, to: Float32Array, add: number) =>
      run(engine, 'sum_partials', [partials!, blocks, 2 * d, offset, d, to, add])[1]!;
    expect(sums(0, garbage(d), 0)).toAgreeWith(dgamma, 2e-6);
    expect(sums(d, gamma, 1)).toAgreeWith(
      dbeta.map((v, i) => v + gamma[i]!),
      2e-6,
    );
  });
});
