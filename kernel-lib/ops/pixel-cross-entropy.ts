import * as tf from '@tensorflow/tfjs-core';
import { pixelGradientScratch, pixelScratch } from '../engine/scratch';
import type { Context, Op, Values } from '../tape/op';
import { type Resizing, resized, resizedGradient } from './interpolation';
import { dim, mapped, shaped, slots } from './slots';
import { crossEntropyOf, logitsGradient } from './soft-cross-entropy';

export interface PixelCrossEntropyAttrs {
  /** Of the map of logits. */
  readonly height: number;
  readonly width: number;
}

/**
 * Cross-entropy of the logits [b*h*w, k], resized to the size of the labels [b, H, W], with the labels: a mean over all H*W pixels.
 * Labels that are no class (negative, or 255) add 0 to the sum and count in the mean, as mmsegmentation's. [b*H*W, k] never exists.
 */
export const pixelCrossEntropy: Op<PixelCrossEntropyAttrs> = {
  name: 'pixelCrossEntropy',
  inputs: ['logits', 'labels'],
  params: [],
  outputs: ['losses'],
  reads: { logits: ['logits', 'labels'] },

  specs(specs, { height, width }) {
    mapped(specs, 'logits', height, width);
    shaped(specs, 'labels', ['height', 'width']);
    return { losses: { rows: 1, dims: [] } };
  },

  flops(specs) {
    const labels = shaped(specs, 'labels', ['height', 'width']);
    return 12 * dim(labels, 0) * dim(labels, 1) * dim(shaped(specs, 'logits', ['classes']), 0);
  },

  forward(x, attrs) {
    const { labels, logits } = slots(x, 'labels', 'logits');
    const [b, h, w] = labels.shape as [number, number, number];
    const surprise = crossEntropyOf(resized(logits, resizing(x, attrs)), targets(x)); // [b*H*W]
    return { losses: tf.mean(tf.reshape(surprise, [b, h * w]), 1) }; // [b]
  },

  backward(x, dys, attrs) {
    const { labels, logits } = slots(x, 'labels', 'logits');
    const [b, h, w] = labels.shape as [number, number, number];
    const { losses } = slots(dys, 'losses'); // [b]
    const weights = tf.reshape(tf.tile(tf.expandDims(tf.div(losses, h * w), 1), [1, h * w]), [b * h * w]);
    const d = logitsGradient(resized(logits, resizing(x, attrs)), targets(x), weights); // [b*H*W, k]
    return { logits: resizedGradient(d, resizing(x, attrs)) }; // [b*h*w, k]
  },

  fused: {
    forward(c, x, attrs) {
      const { logits, labels } = slots(x, 'logits', 'labels');
      const height = labels.shape[1] as number;
      const rows = c.scratch([height, c.samples]); // the part of each row of pixels
      const [width, classes] = [attrs.width, logits.shape[1] as number];
      c.queue('pixel_cross_entropy', [logits, labels, rows, ...sizes(c, x, attrs)], pixelScratch(width, classes));
      c.queue('sum_partials', [rows, height, c.samples, 0, c.samples, c.out('losses'), 0]);
    },

    backward(c, x, dys, attrs) {
      const { logits, labels } = slots(x, 'logits', 'labels');
      const to = c.into('logits');
      if (!to) return;
      const args = [logits, labels, slots(dys, 'losses').losses, to.tensor, ...sizes(c, x, attrs), to.add];
      c.queue('pixel_cross_entropy_gradient', args, pixelGradientScratch(attrs.width, logits.shape[1] as number));
    },
  },
};

function resizing(x: Values, { height, width }: PixelCrossEntropyAttrs): Resizing {
  const [, tall, wide] = slots(x, 'labels').labels.shape as [number, number, number];
  return { from: [height, width], to: [tall, wide], method: 'bilinear' };
}

/** samples, height, width of the logits, height, width of the labels, classes. */
function sizes(c: Context, x: Values, { height, width }: PixelCrossEntropyAttrs): number[] {
  const { logits, labels } = slots(x, 'logits', 'labels');
  return [c.samples, height, width, ...labels.shape.slice(1), logits.shape[1] as number];
}

/** One-hot, [b*H*W, k]; all zero where a label is no class, which takes the pixel out of loss and gradient. */
function targets(x: Values): tf.Tensor {
  const { logits, labels } = slots(x, 'logits', 'labels');
  const classes = tf.range(0, logits.shape[1] as number, 1, 'int32');
  return tf.cast(tf.equal(tf.reshape(labels, [-1, 1]), classes), 'float32');
}
