import * as tf from '@tensorflow/tfjs-core';
import type { Op, Values } from '../tape/op';
import { elements, shaped, slots } from './slots';

/** out = max(in, 0). Backward reads one bit an element: whether it was positive. */
export const relu: Op = {
  name: 'relu',
  inputs: ['in'],
  params: [],
  outputs: ['positive', 'out'],
  inner: ['positive'],
  reads: { in: ['positive'] },
  recipes: [
    {
      from: ['in'],
      to: ['positive'],
      inKernel: true,
      flops: (specs) => elements(specs.in),
      plain: (x) => ({ positive: isPositive(slots(x, 'in').in) }),
    },
  ],

  specs(specs) {
    const x = shaped(specs, 'in', ['channels']);
    return { positive: x, out: x };
  },

  flops: (specs) => 2 * elements(specs.in),

  forward(x) {
    const { in: a } = slots(x, 'in');
    return { positive: isPositive(a), out: tf.relu(a) };
  },

  backward: (x, dys) => ({ in: tf.mul(slots(dys, 'out').out, isPositive(gate(x))) }),

  fused: {
    forward(c, x) {
      const { in: a } = slots(x, 'in');
      c.queue('relu', [a, c.wants('positive') ? c.out('positive') : null, c.out('out', a), a.size]);
    },

    backward(c, x, dys) {
      const { out: dy } = slots(dys, 'out');
      const dx = c.into('in', dy);
      if (dx) c.queue('relu_gradient', [gate(x), dy, dx.tensor, dy.size, dx.add]);
    },
  },
};

/** What says where the gradient passes: `positive` (0 or 1), or `in`, where that is what is at hand. */
const gate = (x: Values): tf.Tensor => x.positive ?? slots(x, 'in').in;

const isPositive = (t: tf.Tensor): tf.Tensor => tf.cast(tf.greater(t, 0), 'float32');
