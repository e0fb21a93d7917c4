import * as tf from '@tensorflow/tfjs-core';
import { MesaError } from '../errors';
import type { Op } from '../tape/op';
import { shaped, slots } from './slots';

export interface TakeRowAttrs {
  /** Which row of each sample: 0 is the class token. */
  readonly row: number;
  /** Rows that a sample has. */
  readonly rows: number;
}

/** One token of each sample. */
export const takeRow: Op<TakeRowAttrs> = {
  name: 'takeRow',
  inputs: ['in'],
  params: [],
  outputs: ['out'],
  reads: { in: [] },

  specs(specs, { row, rows }) {
    const x = shaped(specs, 'in', ['channels']);
    if (x.rows !== rows || !(row >= 0 && row < rows)) {
      throw new MesaError('shape-mismatch', { says: `row ${row} of ${rows} is wanted from samples that have ${x.rows} rows` });
    }
    return { out: { ...x, rows: 1 } };
  },

  flops: () => 0,

  forward(x, { row, rows }, { samples }) {
    const { in: stream } = slots(x, 'in'); // [b*n, c]
    const c = stream.shape[1] as number;
    return { out: tf.reshape(tf.slice(tf.reshape(stream, [samples, rows, c]), [0, row, 0], [samples, 1, c]), [samples, c]) };
  },

  backward(_, dys, { row, rows }, { samples }) {
    const { out: dy } = slots(dys, 'out'); // [b, c]
    const c = dy.shape[1] as number;
    const padded = tf.pad(tf.reshape(dy, [samples, 1, c]), [
      [0, 0],
      [row, rows - 1 - row],
      [0, 0],
    ]); // [b, n, c]
    return { in: tf.reshape(padded, [samples * rows, c]) };
  },

  fused: {
    forward(c, x, { row, rows }) {
      const { in: stream } = slots(x, 'in');
      c.queue('take_rows', [stream, c.out('out'), c.samples, rows, row, stream.shape[1] as number]);
    },

    backward(c, _, dys, { row, rows }) {
      const { out: dy } = slots(dys, 'out');
      const d = dy.shape[1] as number;
      const dx = c.into('in');
      if (!dx) return;
      const to = dx.add ? c.scratch([c.samples * rows, d]) : dx.tensor;
      c.queue('take_rows_gradient', [dy, to, c.samples, rows, row, d]);
      if (dx.add) c.queue('add', [to, dx.tensor, dx.tensor, to.size]);
    },
  },
};
