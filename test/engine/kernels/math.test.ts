import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { engineOf, forms } from './engines';

describe.each(forms)('the exponential on %s', async (form) => {
  const engine = await engineOf(form);
  const exp = (x: number[]) => {
    const y = engine.plain(() => tf.exp(tf.tensor1d(x)));
    const values = [...engine.read(y)];
    y.dispose();
    return values;
  };

  it('is right to 2 units in the last place wherever it is a normal number', () => {
    const x = Array.from({ length: 20_000 }, (_, i) => Math.fround(-87.3 + (i * 176) / 20_000));
    exp(x).forEach((y, i) => {
      expect(Math.abs(y / Math.exp(x[i]!) - 1), `exp(${x[i]})`).toBeLessThan(2 * 2 ** -23);
    });
  });

  it('is denormal, 0, infinite or NaN where it should', () => {
    expect(exp([-100])[0]! / Math.exp(-100)).toBeCloseTo(1, 1);
    expect(exp([-105, -1e30, -Infinity, 88.8, 1e30, Infinity, NaN, 0])).toEqual([0, 0, 0, Infinity, Infinity, Infinity, NaN, 1]);
  });
});
