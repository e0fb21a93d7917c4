import * as tf from '@tensorflow/tfjs-core';
import type { Op, Values } from '../tape/op';
import { elements, shaped, slots } from './slots';
import { crossEntropyOf, logitsGradient } from './soft-cross-entropy';

export interface CrossEntropyAttrs {
  /** Label smoothing: this part of the target is spread evenly over all classes. */
  readonly smoothing: number;
}

/** Cross-entropy of each sample's logits with its label. */
export const crossEntropy: Op<CrossEntropyAttrs> = {
  name: 'crossEntropy',
  inputs: ['logits', 'labels'],
  params: [],
  outputs: ['losses'],
  reads: { logits: ['logits', 'labels'] },

  specs(specs) {
    shaped(specs, 'logits', ['classes']);
    shaped(specs, 'labels', []);
    return { losses: { rows: 1, dims: [] } };
  },

  flops: (specs) => 8 * elements(specs.logits),

  forward(x, attrs) {
    const { logits } = slots(x, 'logits'); // [b, classes]
    return { losses: crossEntropyOf(logits, target(x, attrs)) }; // [b]
  },

  backward(x, dys, attrs) {
    const { logits } = slots(x, 'logits');
    return { logits: logitsGradient(logits, target(x, attrs), slots(dys, 'losses').losses) }; // [b, classes]
  },

  fused: {
    forward(c, x, { smoothing }) {
      const { logits, labels } = slots(x, 'logits', 'labels');
      c.queue('cross_entropy', [logits, labels, c.out('losses'), ...(logits.shape as [number, number]), smoothing]);
    },

    backward(c, x, dys, { smoothing }) {
      const { logits, labels } = slots(x, 'logits', 'labels');
      const to = c.into('logits');
      if (!to) return;
      const d = to.add ? c.scratch(logits.shape) : to.tensor;
      c.queue('cross_entropy_gradient', [logits, labels, slots(dys, 'losses').losses, d, ...(logits.shape as [number, number]), smoothing]);
      if (to.add) c.queue('add', [d, to.tensor, to.tensor, d.size]);
    },
  },
};

/** The smoothed one-hot target, [b, classes]. */
function target(x: Values, { smoothing }: CrossEntropyAttrs): tf.Tensor {
  const { logits, labels } = slots(x, 'logits', 'labels');
  const classes = logits.shape[1] as number;
  const hit = tf.cast(tf.equal(tf.expandDims(labels, 1), tf.range(0, classes, 1, 'int32')), 'float32'); // [b, classes]
  return tf.add(tf.mul(hit, 1 - smoothing), smoothing / classes);
}
