import * as tf from '@tensorflow/tfjs-core';
import type { Op } from '../tape/op';
import { columnHeads, dim, elements, shaped, slots } from './slots';

export interface AddPositionsAttrs {
  /** Attention heads of the blocks that follow: how their columns divide. As the input's if absent. */
  readonly heads?: number;
}

/** Adds the position embedding to the tokens of a sample. */
export const addPositions: Op<AddPositionsAttrs> = {
  name: 'addPositions',
  inputs: ['in'],
  params: ['pos'],
  outputs: ['out'],
  reads: { in: [], pos: [] },

  specs(specs, { heads }) {
    const x = shaped(specs, 'in', ['channels']);
    const c = dim(x, 0);
    shaped(specs, 'pos', [1, x.rows, c]);
    return { out: { ...x, ...(heads && columnHeads(heads, c)) } };
  },

  flops: (specs) => elements(specs.out),

  forward(x, _, { samples }) {
    const { in: tokens, pos } = slots(x, 'in', 'pos'); // [b*n, c], [1, n, c]
    const [, n, c] = pos.shape as [number, number, number];
    return { out: tf.reshape(tf.add(tf.reshape(tokens, [samples, n, c]), pos), [samples * n, c]) }; // [b*n, c]
  },

  backward(_, dys, _attrs, { samples }, want) {
    const { out: dy } = slots(dys, 'out'); // [b*n, c]
    const dpos = (): tf.Tensor => tf.sum(tf.reshape(dy, [samples, -1, dy.shape[1] as number]), 0, true); // [1, n, c]
    return { ...(want.has('in') && { in: tf.clone(dy) }), ...(want.has('pos') && { pos: dpos() }) };
  },
  fused: {
    forward(c, x) {
      const { in: tokens, pos } = slots(x, 'in', 'pos');
      const [, n, d] = pos.shape as [number, number, number];
      c.queue('positions', [tokens, null, pos, c.out('out'), c.samples, n, d]);
    },

    backward(c, _, dys) {
      const { out: dy } = slots(dys, 'out');
      const [rows, d] = dy.shape as [number, number];
      const dpos = c.into('pos');
      if (dpos) c.queue('sum_partials', [dy, c.samples, (rows / c.samples) * d, 0, (rows / c.samples) * d, dpos.tensor, dpos.add]);
      c.pass('in', dy);
    },
  },
};
