import { describe, expect, it } from 'vitest';
import '../../matchers';
import { bits, engineOf, forms, garbage, random, run, zeros } from './engines';

const sizes = [
  [1, 1, 1, 1],
  [1, 1, 5, 3],
  [5, 3, 1, 1],
  [4, 4, 8, 8],
  [7, 5, 11, 17],
  [11, 17, 7, 5],
  [3, 9, 3, 40],
] as const;

const dot = (a: Float32Array, b: Float32Array): number => a.reduce((sum, v, i) => sum + v * b[i]!, 0);

describe.each(forms)('resizing on %s', async (form) => {
  const [engine, crowd] = [await engineOf(form, 1), await engineOf(form, 3)];

  it.each(sizes)('has as its gradient its transpose: %i x %i to %i x %i', (h, w, tall, wide) => {
    for (const nearest of [0, 1]) {
      const [samples, d] = [2, 19];
      const [x, dout] = [random(samples * h * w * d, 1), random(samples * tall * wide * d, 2)];
      const out = run(engine, 'resize', [x, garbage(dout.length), samples, h, w, tall, wide, nearest, d])[1]!;
      const backward = (on: typeof engine, to: Float32Array, add: number) =>
        run(on, 'resize_gradient', [dout, to, samples, h, w, tall, wide, nearest, d, add])[1]!;
      const dx = backward(engine, garbage(x.length), 0);
      expect([dot(dx, x)]).toAgreeWith([dot(dout, out)], 1e-4);
      expect(bits(backward(crowd, garbage(x.length), 0))).toEqual(bits(dx));
      expect(bits(backward(engine, zeros(x.length), 1))).toEqual(bits(dx));
    }
  });

  it('keeps a map of one number, and all the gradient', () => {
    const out = run(engine, 'resize', [zeros(6).fill(3), garbage(35), 1, 3, 2, 7, 5, 0, 1])[1]!;
    expect([...new Set(out)]).toEqual([3]);
    const dx = run(engine, 'resize_gradient', [zeros(35).fill(1), garbage(6), 1, 3, 2, 7, 5, 0, 1, 0])[1]!;
    expect(dx.reduce((a, b) => a + b)).toBeCloseTo(35, 4);
  });

  it('doubles a row as torch does', () => {
    const out = run(engine, 'resize', [Float32Array.of(0, 1, 3), garbage(6), 1, 1, 3, 1, 6, 0, 1])[1]!;
    expect([...out]).toEqual([0, 0.25, 0.75, 1.5, 2.5, 3]);
  });
});

describe.each(forms)('ReLU on %s', async (form) => {
  const engine = await engineOf(form);

  it('lets NaN be seen, and passes no gradient at zero', () => {
    const x = Float32Array.of(-1, -0, 0, 2, Number.NaN);
    const [, positive, y] = run(engine, 'relu', [x, garbage(5), garbage(5), 5]);
    expect([...positive!]).toEqual([0, 0, 0, 1, 0]);
    expect([...y!].map((v) => v + 0)).toEqual([0, 0, 0, 2, Number.NaN]);
    const ofInput = run(engine, 'relu_gradient', [x, zeros(5).fill(7), garbage(5), 5, 0])[2]!;
    const ofBit = run(engine, 'relu_gradient', [positive!, zeros(5).fill(7), garbage(5), 5, 0])[2]!;
    expect([...ofInput]).toEqual([0, 0, 0, 7, 0]);
    expect(bits(ofBit)).toEqual(bits(ofInput));
  });
});
