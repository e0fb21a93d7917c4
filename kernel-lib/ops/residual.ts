import * as tf from '@tensorflow/tfjs-core';
import { MesaError } from '../errors';
import { dropPathScale } from '../random/drop-path';
import type { Context, Op, PlainContext } from '../tape/op';
import { dim, elements, shaped, slots } from './slots';

export interface ResidualAttrs {
  /** Probability that a sample's branch is dropped in training (stochastic depth). */
  readonly rate: number;
}

/** out = in + branch s, with s = 0 or 1/(1 - rate) drawn for each sample. */
export const residual: Op<ResidualAttrs> = {
  name: 'residual',
  inputs: ['in', 'branch'],
  params: [],
  outputs: ['out'],
  reads: { in: [], branch: [] },

  specs(specs, { rate }) {
    const x = shaped(specs, 'in', ['channels']);
    const { rows } = shaped(specs, 'branch', [dim(x, 0)]);
    if (rows !== x.rows) throw new MesaError('shape-mismatch', { says: `'branch' has ${rows} rows a sample where 'in' has ${x.rows}` });
    if (!(rate >= 0 && rate < 1)) throw new MesaError('rate-out-of-range', { says: `a drop rate of ${rate}`, try: 'a rate in [0, 1)' });
    return { out: x };
  },

  flops: (specs) => 2 * elements(specs.in),

  forward(x, attrs, c) {
    const { in: stream, branch } = slots(x, 'in', 'branch'); // [b*n, c]
    return { out: tf.add(stream, scaled(branch, attrs, c)) };
  },

  backward(_, dys, attrs, c, want) {
    const { out: dy } = slots(dys, 'out');
    return {
      ...(want.has('in') && { in: tf.clone(dy) }),
      ...(want.has('branch') && { branch: tf.clone(scaled(dy, attrs, c)) }),
    };
  },

  fused: {
    forward(c, x, attrs) {
      const { in: stream, branch } = slots(x, 'in', 'branch');
      c.queue('residual', [stream, branch, c.out('out', branch), ...drawing(branch, attrs, c)]);
    },

    backward(c, _, dys, attrs) {
      const { out: dy } = slots(dys, 'out');
      if (dropping(attrs, c)) {
        const branch = c.into('branch');
        if (branch) c.queue('residual_gradient', [dy, branch.tensor, ...drawing(dy, attrs, c), branch.add]);
      } else {
        c.pass('branch', dy);
      }
      c.pass('in', dy);
    },
  },
};

const dropping = ({ rate }: ResidualAttrs, c: PlainContext): boolean => c.training && rate > 0;

/** rows, d, rowsPerSample, rate, key0, key1, firstSample: how the commands draw one number a sample. */
function drawing(t: tf.Tensor, attrs: ResidualAttrs, c: Context): number[] {
  const [rows, d] = t.shape as [number, number];
  return [rows, d, rows / c.samples, dropping(attrs, c) ? attrs.rate : 0, ...c.key, c.firstSample];
}

function scaled(t: tf.Tensor, attrs: ResidualAttrs, c: PlainContext): tf.Tensor {
  if (!dropping(attrs, c)) return t;
  const s = Float32Array.from({ length: c.samples }, (_, i) => dropPathScale(c.key, c.firstSample + i, attrs.rate));
  const [rows, d] = t.shape as [number, number];
  const perSample = tf.reshape(t, [c.samples, rows / c.samples, d]);
  return tf.reshape(tf.mul(perSample, tf.tensor(s, [c.samples, 1, 1])), [rows, d]);
}
