import * as tf from '@tensorflow/tfjs-core';
import { MesaError } from '../errors';
import type { Context, Op } from '../tape/op';
import { columnHeads, dim, elements, shaped, slots } from './slots';
import { weightGradient } from './weight-gradient';

export interface PatchEmbedAttrs {
  /** Attention heads of the blocks that follow: how the output's columns divide. */
  readonly heads?: number;
}

/** Images cut into square patches, each taken to one token: a convolution whose stride is its kernel. Images get no gradient. */
export const patchEmbed: Op<PatchEmbedAttrs | undefined> = {
  name: 'patchEmbed',
  inputs: ['in'],
  params: ['weight', 'bias'],
  outputs: ['out'],
  reads: { weight: ['in'], bias: [] },

  specs(specs, attrs) {
    const weight = shaped(specs, 'weight', ['out', 'channels', 'patch', 'patch']);
    const [c, channels, p] = [dim(weight, 0), dim(weight, 1), dim(weight, 2)];
    shaped(specs, 'weight', [c, channels, p, p]);
    shaped(specs, 'bias', [c]);
    const image = shaped(specs, 'in', [channels, 'height', 'width']);
    const [height, width] = [dim(image, 1), dim(image, 2)];
    if (height % p || width % p) {
      throw new MesaError('patch-does-not-divide', {
        says: `patches of ${p} pixels do not tile images of ${height} x ${width}`,
        try: `images of ${Math.ceil(height / p) * p} x ${Math.ceil(width / p) * p}`,
      });
    }
    return { out: { rows: (height / p) * (width / p), dims: [c], ...(attrs?.heads && columnHeads(attrs.heads, c)) } };
  },

  /** Every pixel meets every output channel once. */
  flops: (specs) => 2 * elements(specs.in) * dim(shaped(specs, 'out', ['channels']), 0),

  forward(x) {
    const { in: images, weight, bias } = slots(x, 'in', 'weight', 'bias');
    return { out: tf.add(tf.matMul(patches(images, weight), flat(weight), false, true), bias) }; // [b*n, c]
  },

  backward(x, dys, _, _c, want) {
    const { out: dy } = slots(dys, 'out'); // [b*n, c]
    const dw = (): tf.Tensor => {
      const { in: images, weight } = slots(x, 'in', 'weight');
      return tf.reshape(tf.matMul(dy, patches(images, weight), true), weight.shape); // [c, channels, p, p]
    };
    return { ...(want.has('weight') && { weight: dw() }), ...(want.has('bias') && { bias: tf.sum(dy, 0) }) };
  },

  fused: {
    forward(c, x) {
      const { in: images, weight, bias } = slots(x, 'in', 'weight', 'bias');
      const cut = cutPatches(c, images, weight);
      const [m, k] = cut.shape as [number, number];
      const n = weight.shape[0] as number;
      const w = c.reshape(weight, [n, k]);
      c.queue('linear', [cut, k, c.panels(w, true), c.out('out'), n, m, n, k, bias, 0]);
    },

    backward(c, x, dys) {
      const { out: dy } = slots(dys, 'out');
      const { weight } = slots(x, 'weight');
      const [dw, db] = [c.into('weight'), c.into('bias')];
      const cut = dw ? { in: cutPatches(c, slots(x, 'in').in, weight) } : {};
      weightGradient(c, cut, dy, weight.size / (weight.shape[0] as number), dw, db);
    },
  },
};

/** [b, channels, h, w] -> [b*n, channels*p*p], row by row of patches. */
function patches(images: tf.Tensor, weight: tf.Tensor): tf.Tensor {
  const [b, channels, height, width] = images.shape as [number, number, number, number];
  const p = weight.shape[2] as number;
  const grid = tf.reshape(images, [b, channels, height / p, p, width / p, p]);
  return tf.reshape(tf.transpose(grid, [0, 2, 4, 1, 3, 5]), [-1, channels * p * p]);
}

/** [c, channels, p, p] -> [c, channels*p*p]. */
function flat(weight: tf.Tensor): tf.Tensor {
  return tf.reshape(weight, [weight.shape[0] as number, -1]);
}

function cutPatches(c: Context, images: tf.Tensor, weight: tf.Tensor): tf.Tensor {
  const [b, channels, height, width] = images.shape as [number, number, number, number];
  const p = weight.shape[2] as number;
  const cut = c.scratch([(b * height * width) / (p * p), channels * p * p]);
  c.queue('patches', [images, cut, b, channels, height, width, p]);
  return cut;
}
