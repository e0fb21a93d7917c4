import * as tf from '@tensorflow/tfjs-core';
import type { Op } from '../tape/op';
import { columnHeads, dim, elements, shaped, slots } from './slots';

export interface PositionsAttrs {
  /** Attention heads of the blocks that follow: how their columns divide. */
  readonly heads: number;
}

/** Puts the class token before the patches of a sample and adds the position embedding. */
export const positions: Op<PositionsAttrs> = {
  name: 'positions',
  inputs: ['in'],
  params: ['cls', 'pos'],
  outputs: ['out'],
  reads: { in: [], cls: [], pos: [] },

  specs(specs, { heads }) {
    const x = shaped(specs, 'in', ['channels']);
    const c = dim(x, 0);
    shaped(specs, 'cls', [1, 1, c]);
    shaped(specs, 'pos', [1, x.rows + 1, c]);
    return { out: { rows: x.rows + 1, dims: [c], ...columnHeads(heads, c) } };
  },

  flops: (specs) => elements(specs.out),

  forward(x, _, { samples }) {
    const { in: patches, cls, pos } = slots(x, 'in', 'cls', 'pos'); // [b*n, c], [1, 1, c], [1, n+1, c]
    const c = cls.size;
    const tokens = tf.concat([tf.tile(cls, [samples, 1, 1]), tf.reshape(patches, [samples, -1, c])], 1); // [b, n+1, c]
    return { out: tf.reshape(tf.add(tokens, pos), [-1, c]) }; // [b*(n+1), c]
  },

  backward(_, dys, _attrs, { samples }, want) {
    const { out } = slots(dys, 'out');
    const c = out.shape[1] as number;
    const dy = tf.reshape(out, [samples, -1, c]) as tf.Tensor3D; // [b, n+1, c]
    const n = dy.shape[1] - 1;
    return {
      ...(want.has('in') && { in: tf.reshape(tf.slice(dy, [0, 1, 0], [samples, n, c]), [samples * n, c]) }),
      ...(want.has('cls') && { cls: tf.sum(tf.slice(dy, [0, 0, 0], [samples, 1, c]), 0, true) }), // [1, 1, c]
      ...(want.has('pos') && { pos: tf.sum(dy, 0, true) }), // [1, n+1, c]
    };
  },

  fused: {
    forward(c, x) {
      const { in: patches, cls, pos } = slots(x, 'in', 'cls', 'pos');
      c.queue('positions', [patches, cls, pos, c.out('out'), c.samples, pos.shape[1] as number, cls.size]);
    },

    backward(c, _, dys) {
      const { out: dy } = slots(dys, 'out');
      const [rows, d] = dy.shape as [number, number];
      const to = (slot: string) => {
        const destination = c.into(slot);
        return destination ? [destination.tensor, destination.add] : [null, 0];
      };
      c.queue('positions_gradient', [dy, ...to('in'), ...to('cls'), ...to('pos'), c.samples, rows / c.samples, d]);
    },
  },
};
