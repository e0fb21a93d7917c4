import * as tf from '@tensorflow/tfjs-core';
import type { Recipe } from '../tape/op';
import { elements, slots } from './slots';

/** xhat -> out = xhat weight + bias: the last part of every normalisation. */
export const affine: Recipe<unknown> = {
  from: ['xhat'],
  to: ['out'],
  flops: (specs) => 2 * elements(specs.x),
  plain(x) {
    const { xhat, weight, bias } = slots(x, 'xhat', 'weight', 'bias');
    return { out: tf.add(tf.mul(xhat, weight), bias) };
  },
  fused(c, x) {
    const { xhat, weight, bias } = slots(x, 'xhat', 'weight', 'bias');
    const out = c.out('out');
    c.queue('affine', [xhat, weight, bias, out, ...(xhat.shape as [number, number])]);
    return { out };
  },
};
