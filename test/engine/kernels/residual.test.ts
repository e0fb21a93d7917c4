import { describe, expect, it } from 'vitest';
import '../../matchers';
import { bits, engineOf, forms, garbage, random, run } from './engines';

describe.each(forms)('residual and whole arrays on %s', async (form) => {
  const engine = await engineOf(form);
  const [samples, rowsPerSample, d] = [40, 3, 21];
  const rows = samples * rowsPerSample;
  const [x, branch, before] = [random(rows * d, 1), random(rows * d, 2), random(rows * d, 3)];
  const residual = (rate: number, firstSample = 0, from = 0) => {
    const [a, b] = [x.slice(from * d), branch.slice(from * d)];
    return run(engine, 'residual', [a, b, garbage(a.length), a.length / d, d, rowsPerSample, rate, 7, 9, firstSample])[2]!;
  };

  it('without drop path it is the sum', () => {
    expect(residual(0)).toEqual(x.map((v, i) => v + branch[i]!));
  });

  it('with drop path every sample keeps all of its branch, scaled, or nothing, about as often as told', () => {
    const got = residual(0.25);
    const kept = Array.from({ length: samples }, (_, s) => got[s * rowsPerSample * d] !== x[s * rowsPerSample * d]);
    expect(got).toAgreeWith(
      x.map((v, i) => v + (kept[Math.floor(i / d / rowsPerSample)] ? branch[i]! / 0.75 : 0)),
      1e-6,
    );
    expect(kept.filter(Boolean).length).toBeGreaterThan(20);
    expect(kept.filter(Boolean).length).toBeLessThan(40);
  });

  it('a slice of the batch draws what the whole batch draws', () => {
    expect(bits(residual(0.25, 11, 11 * rowsPerSample))).toEqual(bits(residual(0.25).slice(11 * rowsPerSample * d)));
  });

  it('the gradient drops what forward dropped, and adds', () => {
    const scale = residual(0.25).map((v, i) => (v === x[i] ? 0 : 1 / 0.75));
    const gradient = (to: Float32Array, add: number) =>
      run(engine, 'residual_gradient', [branch, to, rows, d, rowsPerSample, 0.25, 7, 9, 0, add])[1]!;
    expect(gradient(garbage(rows * d), 0)).toAgreeWith(
      branch.map((v, i) => v * scale[i]!),
      1e-6,
    );
    expect(gradient(before, 1)).toAgreeWith(
      branch.map((v, i) => v * scale[i]! + before[i]!),
      1e-6,
    );
  });

  it.each([1, 2, 31, 8192, 20001])('add, scale, fill and copy treat all of %i numbers', (n) => {
    const [a, b] = [random(n, 1), random(n, 2)];
    expect(run(engine, 'add', [a, b, garbage(n), n])[2]).toEqual(a.map((v, i) => v + b[i]!));
    expect(run(engine, 'scale', [a, garbage(n), n, -2, 0])[1]).toEqual(a.map((v) => -2 * v));
    expect(run(engine, 'scale', [a, b, n, -2, 1])[1]).toEqual(a.map((v, i) => -2 * v + b[i]!));
    expect(run(engine, 'fill', [garbage(n), n, 0.5])[0]).toEqual(new Float32Array(n).fill(0.5));
    expect(run(engine, 'copy', [a, garbage(n), 4 * n])[1]).toEqual(a);
  });
});
