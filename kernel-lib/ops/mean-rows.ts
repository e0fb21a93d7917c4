import * as tf from '@tensorflow/tfjs-core';
import { MesaError } from '../errors';
import type { Op } from '../tape/op';
import { elements, shaped, slots } from './slots';

export interface MeanRowsAttrs {
  /** Rows that a sample has. */
  readonly rows: number;
}

/** The mean of the tokens of each sample: global average pooling. */
export const meanRows: Op<MeanRowsAttrs> = {
  name: 'meanRows',
  inputs: ['in'],
  params: [],
  outputs: ['out'],
  reads: { in: [] },

  specs(specs, { rows }) {
    const x = shaped(specs, 'in', ['channels']);
    if (x.rows === rows) return { out: { ...x, rows: 1 } };
    throw new MesaError('shape-mismatch', { says: `the mean of ${rows} rows is wanted of samples that have ${x.rows}` });
  },

  flops: (specs) => elements(specs.in),

  forward(x, { rows }, { samples }) {
    const { in: tokens } = slots(x, 'in'); // [b*n, c]
    return { out: tf.mean(tf.reshape(tokens, [samples, rows, -1]), 1) }; // [b, c]
  },

  backward(_, dys, { rows }, { samples }) {
    const share = tf.expandDims(tf.div(slots(dys, 'out').out, rows), 1); // [b, 1, c]
    return { in: tf.reshape(tf.tile(share, [1, rows, 1]), [samples * rows, -1]) }; // [b*n, c]
  },
  fused: {
    forward(c, x, { rows }) {
      const { in: tokens } = slots(x, 'in');
      const sum = 0; // `reduce` numbers its functions
      c.queue('reduce', [tokens, c.out('out'), c.samples, rows, tokens.shape[1] as number, sum, 1 / rows]);
    },

    backward(c, _, dys, { rows }) {
      const { out: dy } = slots(dys, 'out');
      const dx = c.into('in');
      if (dx) c.queue('mean_rows_gradient', [dy, dx.tensor, c.samples, rows, dy.shape[1] as number, dx.add]);
    },
  },
};
