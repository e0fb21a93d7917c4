import * as tf from '@tensorflow/tfjs-core';
import type { Op } from '../tape/op';
import { elements, shaped, slots } from './slots';

/** out = in Phi(in), the exact (erf) form. */
export const gelu: Op = {
  name: 'gelu',
  inputs: ['in'],
  params: [],
  outputs: ['out'],
  reads: { in: ['in'] },

  specs: (specs) => ({ out: shaped(specs, 'in', ['channels']) }),

  /** A polynomial and an exponential an element. */
  flops: (specs) => 20 * elements(specs.in),

  forward(values) {
    const { in: x } = slots(values, 'in');
    return { out: tf.mul(x, phi(x)) };
  },

  backward(values, dys) {
    const { in: x } = slots(values, 'in');
    const density = tf.mul(tf.exp(tf.mul(tf.square(x), -0.5)), 1 / Math.sqrt(2 * Math.PI));
    return { in: tf.mul(slots(dys, 'out').out, tf.add(phi(x), tf.mul(x, density))) };
  },

  fused: {
    forward(c, values) {
      const { in: x } = slots(values, 'in');
      c.queue('gelu', [x, c.out('out', x), x.size]);
    },

    backward(c, values, dys) {
      const { in: x } = slots(values, 'in');
      const { out: dy } = slots(dys, 'out');
      const dx = c.into('in', dy);
      if (dx) c.queue('gelu_gradient', [x, dy, dx.tensor, x.size, dx.add]);
    },
  },
};

/** Phi(x), the normal distribution function. */
function phi(x: tf.Tensor): tf.Tensor {
  return tf.mul(tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1), 0.5);
}
