import * as tf from '@tensorflow/tfjs-core';
import type { Op, Recipe } from '../tape/op';
import { affine } from './affine';
import { dim, elements, sameHeads, shaped, slots } from './slots';

export interface NormaliseAttrs {
  readonly eps: number;
}

const column = (t: tf.Tensor): tf.Tensor => tf.expandDims(t, 1); // [m] -> [m, 1]

/** x and its statistics -> xhat. */
const standardise: Recipe<NormaliseAttrs> = {
  from: ['x', 'mean', 'rstd'],
  to: ['xhat'],
  flops: (specs) => 2 * elements(specs.x),
  plain(values) {
    const { x, mean, rstd } = slots(values, 'x', 'mean', 'rstd');
    return { xhat: tf.mul(tf.sub(x, column(mean)), column(rstd)) };
  },
  fused(c, values) {
    const { x, mean, rstd } = slots(values, 'x', 'mean', 'rstd');
    const xhat = c.out('xhat');
    c.queue('standardise', [x, mean, rstd, xhat, ...(x.shape as [number, number])]);
    return { xhat };
  },
};

/** xhat and the statistics of x -> x. */
const inverse: Recipe<NormaliseAttrs> = {
  from: ['xhat', 'mean', 'rstd'],
  to: ['x'],
  flops: (specs) => 2 * elements(specs.x),
  plain(values) {
    const { xhat, mean, rstd } = slots(values, 'xhat', 'mean', 'rstd');
    return { x: tf.add(tf.div(xhat, column(rstd)), column(mean)) };
  },
  fused(c, values) {
    const { xhat, mean, rstd } = slots(values, 'xhat', 'mean', 'rstd');
    const x = c.out('x');
    c.queue('denormalise', [xhat, mean, rstd, x, ...(xhat.shape as [number, number])]);
    return { x };
  },
};

/** LayerNorm over the columns: xhat = (x - mean) rstd, out = xhat weight + bias. */
export const normalise: Op<NormaliseAttrs> = {
  name: 'normalise',
  inputs: ['x'],
  params: ['weight', 'bias'],
  outputs: ['xhat', 'mean', 'rstd', 'out'],
  inner: ['xhat', 'mean', 'rstd'],
  reads: { x: ['xhat', 'rstd'], weight: ['xhat'], bias: [] },
  recipes: [affine, standardise, inverse],

  specs(specs) {
    const x = shaped(specs, 'x', ['channels']);
    const d = dim(x, 0);
    shaped(specs, 'weight', [d]);
    shaped(specs, 'bias', [d]);
    const wide = { rows: x.rows, dims: [d], ...sameHeads(x, d) };
    const statistic = { rows: x.rows, dims: [] };
    return { xhat: wide, mean: statistic, rstd: statistic, out: wide };
  },

  flops: (specs) => 8 * elements(specs.x),

  forward(values, attrs, c) {
    const { x } = slots(values, 'x'); // [m, d]
    const mean = tf.mean(x, 1); // [m]
    const variance = tf.mean(tf.square(tf.sub(x, column(mean))), 1); // [m]
    const rstd = tf.rsqrt(tf.add(variance, attrs.eps)); // [m]
    const { xhat } = slots(standardise.plain({ x, mean, rstd }, attrs, c), 'xhat'); // [m, d]
    return { xhat, mean, rstd, ...affine.plain({ ...values, xhat }, attrs, c) };
  },

  backward(values, dys, _, _c, want) {
    const { out: dy } = slots(dys, 'out'); // [m, d]
    const { weight } = slots(values, 'weight');
    const dx = (): tf.Tensor => {
      const { xhat, rstd } = slots(values, 'xhat', 'rstd');
      const dxhat = tf.mul(dy, weight); // [m, d]
      const along = tf.mul(xhat, tf.mean(tf.mul(dxhat, xhat), 1, true)); // [m, d]
      return tf.mul(tf.sub(tf.sub(dxhat, tf.mean(dxhat, 1, true)), along), column(rstd));
    };
    return {
      ...(want.has('x') && { x: dx() }), // [m, d]
      ...(want.has('weight') && { weight: tf.sum(tf.mul(dy, slots(values, 'xhat').xhat), 0) }), // [d]
      ...(want.has('bias') && { bias: tf.sum(dy, 0) }), // [d]
    };
  },

  fused: {
    forward(c, values, { eps }) {
      const { x, weight, bias } = slots(values, 'x', 'weight', 'bias');
      const inner = (slot: string) => (c.wants(slot) ? c.out(slot) : null);
      c.queue('normalise', [
        x,
        weight,
        bias,
        inner('xhat'),
        inner('mean'),
        inner('rstd'),
        c.out('out'),
        ...(x.shape as [number, number]),
        eps,
      ]);
    },

    backward(c, values, dys) {
      const { out: dy } = slots(dys, 'out');
      const [m, d] = dy.shape as [number, number];
      const [dw, db, dx] = [c.into('weight'), c.into('bias'), c.into('x', dy)];
      if (!dw && !dx) {
        if (db) c.queue('sum_partials', [dy, m, d, 0, d, db.tensor, db.add]);
        return;
      }
      const { xhat, weight } = slots(values, 'xhat', 'weight');
      const blocks = Math.ceil(m / 64);
      const partials = dw || db ? c.scratch([blocks, 2 * d]) : null; // dgamma, dbeta of every 64 rows
      c.queue('normalise_gradient', [xhat, values.rstd ?? null, weight, dy, dx?.tensor ?? null, dx?.add ?? 0, partials, m, d]);
      if (dw) c.queue('sum_partials', [partials, blocks, 2 * d, 0, d, dw.tensor, dw.add]);
      if (db) c.queue('sum_partials', [partials, blocks, 2 * d, d, d, db.tensor, db.add]);
    },
  },
};
