import { describe, expect, it } from 'vitest';
import '../../matchers';
import { engineOf, forms, random, run, zeros } from './engines';

describe.each(forms)('the optimizer on %s', async (form) => {
  const engine = await engineOf(form);

  it.each([1, 37, 10_001])('AdamW agrees with float64 over 3 steps of %i weights', (n) => {
    const [lr, beta1, beta2, eps, decay, scale] = [0.1, 0.9, 0.999, 1e-8, 0.05, 0.5];
    let [w, m, v] = [random(n, 1), zeros(n), zeros(n)] as [Float32Array, Float32Array, Float32Array];
    const want = { w: Float64Array.from(w), m: new Float64Array(n), v: new Float64Array(n) };
    for (let t = 1; t <= 3; t++) {
      const g = random(n, 10 + t);
      const [correction1, correction2] = [1 - beta1 ** t, 1 - beta2 ** t];
      for (let i = 0; i < n; i++) {
        const gradient = g[i]! * scale;
        want.m[i] = beta1 * want.m[i]! + (1 - beta1) * gradient;
        want.v[i] = beta2 * want.v[i]! + (1 - beta2) * gradient ** 2;
        want.w[i]! -= lr * (want.m[i]! / correction1 / (Math.sqrt(want.v[i]! / correction2) + eps) + decay * want.w[i]!);
      }
      [w, , m, v] = run(engine, 'adamw', [w, g, m, v, n, lr, beta1, beta2, eps, decay, correction1, correction2, scale]) as [
        Float32Array,
        Float32Array,
        Float32Array,
        Float32Array,
      ];
    }
    expect(w).toAgreeWith(want.w, 2e-6);
    expect(m).toAgreeWith(want.m, 2e-6);
    expect(v).toAgreeWith(want.v, 2e-6);
  });

  it.each([1, 9, 8192, 20_000])('squares of %i numbers are summed in float64 by blocks of 8192', (n) => {
    const x = random(n, 1).map((v) => 1000 * v);
    const blocks = Math.ceil(n / 8192);
    const [, sums] = run(engine, 'square_sums', [x, n, zeros(2 * blocks)]);
    const got = [...new Float64Array(sums!.buffer)];
    got.forEach((sum, b) => {
      const want = x.subarray(b * 8192, (b + 1) * 8192).reduce((s, v) => s + v * v, 0);
      expect(Math.abs(sum / want - 1)).toBeLessThan(1e-13);
    });
    expect(got).toHaveLength(blocks);
  });
});
