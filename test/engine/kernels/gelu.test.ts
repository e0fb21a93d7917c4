import { describe, expect, it } from 'vitest';
import '../../matchers';
import { erf } from '../../reference/erf';
import { engineOf, forms, garbage, random, run } from './engines';

const phi = (x: number) => 0.5 * (1 + erf(x / Math.SQRT2));
const gelu = (x: number) => x * phi(x);
const slope = (x: number) => phi(x) + (x * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI);

describe.each(forms)('GELU on %s', async (form) => {
  const engine = await engineOf(form);
  const x = Float32Array.from({ length: 9001 }, (_, i) => (i - 4500) / 500);

  it('agrees with the erf form from -9 to 9', () => {
    const y = run(engine, 'gelu', [x, garbage(x.length), x.length])[1]!;
    y.forEach((v, i) => {
      expect(Math.abs(v - gelu(x[i]!)), `gelu(${x[i]})`).toBeLessThan(1e-6 * Math.abs(gelu(x[i]!)) + 1e-7);
    });
  });

  it('its gradient agrees with the derivative and adds', () => {
    const [dy, before] = [random(x.length, 1), random(x.length, 2)];
    const want = x.map((v, i) => dy[i]! * slope(v));
    expect(run(engine, 'gelu_gradient', [x, dy, garbage(x.length), x.length, 0])[2]!).toAgreeWith(want, 1e-6);
    expect(run(engine, 'gelu_gradient', [x, dy, before, x.length, 1])[2]!).toAgreeWith(
      want.map((v, i) => v + before[i]!),
      1e-6,
    );
  });

  it('knows its limits, and keeps NaN', () => {
    const edge = Float32Array.of(0, 40, -40, 3e38, -3e38, Number.NaN, Number.POSITIVE_INFINITY);
    expect([...run(engine, 'gelu', [edge, garbage(7), 7])[1]!].map(Math.abs)).toEqual([
      0,
      40,
      0,
      Math.fround(3e38),
      0,
      Number.NaN,
      Number.POSITIVE_INFINITY,
    ]);
  });
});
