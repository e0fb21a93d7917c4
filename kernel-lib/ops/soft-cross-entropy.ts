import * as tf from '@tensorflow/tfjs-core';
import type { Op } from '../tape/op';
import { dim, elements, shaped, slots } from './slots';

/** Cross-entropy of each sample's logits with a distribution over the classes (mixup, distillation). */
export const softCrossEntropy: Op = {
  name: 'softCrossEntropy',
  inputs: ['logits', 'targets'],
  params: [],
  outputs: ['losses'],
  reads: { logits: ['logits', 'targets'] },

  specs(specs) {
    shaped(specs, 'targets', [dim(shaped(specs, 'logits', ['classes']), 0)]);
    return { losses: { rows: 1, dims: [] } };
  },

  flops: (specs) => 8 * elements(specs.logits),

  forward(x) {
    const { logits, targets } = slots(x, 'logits', 'targets'); // [b, classes]
    return { losses: crossEntropyOf(logits, targets) }; // [b]
  },

  backward(x, dys) {
    const { logits, targets } = slots(x, 'logits', 'targets');
    return { logits: logitsGradient(logits, targets, slots(dys, 'losses').losses) }; // [b, classes]
  },

  fused: {
    forward(c, x) {
      const { logits, targets } = slots(x, 'logits', 'targets');
      c.queue('soft_cross_entropy', [logits, targets, c.out('losses'), ...(logits.shape as [number, number])]);
    },

    backward(c, x, dys) {
      const { logits, targets } = slots(x, 'logits', 'targets');
      const to = c.into('logits');
      if (!to) return;
      const d = to.add ? c.scratch(logits.shape) : to.tensor;
      c.queue('soft_cross_entropy_gradient', [logits, targets, slots(dys, 'losses').losses, d, ...(logits.shape as [number, number])]);
      if (to.add) c.queue('add', [d, to.tensor, to.tensor, d.size]);
    },
  },
};

/** - sum over the classes of target log softmax(logits). */
export function crossEntropyOf(logits: tf.Tensor, targets: tf.Tensor): tf.Tensor {
  const surprise = tf.sub(tf.logSumExp(logits, 1, true), logits); // [b, classes]
  return tf.sum(tf.mul(targets, surprise), 1); // [b]
}

/** weights (softmax sum(targets) - targets): targets that do not add up to 1 are taken as they are. */
export function logitsGradient(logits: tf.Tensor, targets: tf.Tensor, weights: tf.Tensor): tf.Tensor {
  const expected = tf.mul(tf.softmax(logits), tf.sum(targets, 1, true)); // [b, classes]
  return tf.mul(tf.sub(expected, targets), tf.expandDims(weights, 1)); // [b, classes]
}
