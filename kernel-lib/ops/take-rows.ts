import * as tf from '@tensorflow/tfjs-core';
import { MesaError } from '../errors';
import type { Op } from '../tape/op';
import { shaped, slots } from './slots';

export interface TakeRowsAttrs {
  /** The first row that is taken of each sample: 0 is the class token. */
  readonly first: number;
  readonly count: number;
  /** Rows that a sample has. */
  readonly rows: number;
}

/** Some tokens of each sample, one after another. */
export const takeRows: Op<TakeRowsAttrs> = {
  name: 'takeRows',
  inputs: ['in'],
  params: [],
  outputs: ['out'],
  reads: { in: [] },

  specs(specs, { first, count, rows }) {
    const x = shaped(specs, 'in', ['channels']);
    if (x.rows !== rows || !(first >= 0 && count > 0 && first + count <= rows)) {
      throw new MesaError('shape-mismatch', {
        says: `rows ${first} to ${first + count - 1} of ${rows} are wanted from samples that have ${x.rows} rows`,
      });
    }
    return { out: { ...x, rows: count } };
  },

  flops: () => 0,

  forward(x, { first, count, rows }, { samples }) {
    const { in: stream } = slots(x, 'in'); // [b*n, c]
    const c = stream.shape[1] as number;
    const taken = tf.slice(tf.reshape(stream, [samples, rows, c]), [0, first, 0], [samples, count, c]);
    return { out: tf.reshape(taken, [samples * count, c]) };
  },

  backward(_, dys, { first, count, rows }, { samples }) {
    const { out: dy } = slots(dys, 'out'); // [b*count, c]
    const c = dy.shape[1] as number;
    const padded = tf.pad(tf.reshape(dy, [samples, count, c]), [
      [0, 0],
      [first, rows - first - count],
      [0, 0],
    ]); // [b, n, c]
    return { in: tf.reshape(padded, [samples * rows, c]) };
  },

  fused: {
    forward(c, x, { first, count, rows }) {
      const { in: stream } = slots(x, 'in');
      c.queue('take_rows', [stream, c.out('out'), c.samples, rows, first, count, stream.shape[1] as number]);
    },

    backward(c, _, dys, { first, count, rows }) {
      const { out: dy } = slots(dys, 'out');
      const dx = c.into('in');
      if (dx) c.queue('take_rows_gradient', [dy, dx.tensor, c.samples, rows, first, count, dy.shape[1] as number, dx.add]);
    },
  },
};
