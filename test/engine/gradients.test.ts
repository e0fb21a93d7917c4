import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { registerGradients } from '../../kernel-lib/engine/gradients';
import { start } from '../../kernel-lib/engine/start';

describe('registerGradients', () => {
  it('gives stock ops gradients that the installed tfjs-core uses', async () => {
    const engine = await start({ threads: 1, quiet: true });
    expect(tf.getGradient('Multiply')).toBeUndefined();
    registerGradients();
    const x = engine.from(Float32Array.from([1, 2, 3, 4]), [2, 2]);
    const [dx] = tf.grads((a) => tf.sum(tf.mul(tf.softmax(tf.matMul(a, a)), tf.tanh(a))))([x]) as [tf.Tensor];
    expect(engine.read(dx).every(Number.isFinite)).toBe(true);
    expect([...engine.read(tf.grad((a) => tf.mul(a, a))(x))]).toEqual([2, 4, 6, 8]);
  });

  it('may be called again', () => {
    const before = tf.getGradient('Multiply');
    registerGradients();
    expect(tf.getGradient('Multiply')).toBe(before);
  });
});
