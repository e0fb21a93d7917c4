import * as tf from '@tensorflow/tfjs-core';
import type { Op, Recipe } from '../tape/op';
import { affine } from './affine';
import { type BatchNormAttrs, momentsOf, nextStatistics, queueMoments, queueStatistics, statistics } from './batch-statistics';
import { dim, elements, sameHeads, shaped, slots } from './slots';

const PARAMS = ['weight', 'bias', 'running_mean', 'running_var'] as const;

/** x and the moments of its samples -> xhat. */
const standardise: Recipe<BatchNormAttrs> = {
  from: ['x', 'moments'],
  to: ['xhat'],
  flops: (specs) => 2 * elements(specs.x),
  plain(values, attrs, c) {
    const { x } = slots(values, 'x');
    const { mean, deviation } = statistics(values, x.shape[0] as number, attrs, c);
    return { xhat: tf.div(tf.sub(x, mean), deviation) };
  },
  fused(c, values, attrs) {
    const { x } = slots(values, 'x');
    const xhat = c.out('xhat');
    c.queue('batch_normalise', [x, queueStatistics(c, values, attrs), null, null, xhat, null, ...(x.shape as [number, number])]);
    return { xhat };
  },
};

/** xhat and the moments of the samples of x -> x. */
const inverse: Recipe<BatchNormAttrs> = {
  from: ['xhat', 'moments'],
  to: ['x'],
  flops: (specs) => 2 * elements(specs.x),
  plain(values, attrs, c) {
    const { xhat } = slots(values, 'xhat');
    const { mean, deviation } = statistics(values, xhat.shape[0] as number, attrs, c);
    return { x: tf.add(tf.mul(xhat, deviation), mean) };
  },
  fused(c, values, attrs) {
    const { xhat } = slots(values, 'xhat');
    const x = c.out('x');
    const table = queueStatistics(c, values, attrs);
    c.queue('affine', [xhat, c.rows(table, 2, 1), c.rows(table, 0, 1), x, ...(xhat.shape as [number, number])]);
    return { x };
  },
};

/**
 * BatchNorm of a map [b*h*w, c]: xhat = (x - mean) / sqrt(variance + eps) over all rows of the micro-batch, out = xhat weight + bias.
 * Evaluation takes the running statistics. A process has the whole micro-batch, so SyncBN is the same op.
 */
export const batchNorm: Op<BatchNormAttrs> = {
  name: 'batchNorm',
  inputs: ['x'],
  params: PARAMS,
  outputs: ['moments', 'xhat', 'out'],
  inner: ['moments', 'xhat'],
  whole: true,
  reads: { x: ['xhat', 'moments'], weight: ['xhat'], bias: [] },
  recipes: [affine, standardise, inverse],

  specs(specs) {
    const x = shaped(specs, 'x', ['channels']);
    const d = dim(x, 0);
    for (const slot of PARAMS) shaped(specs, slot, [d]);
    const wide = { rows: x.rows, dims: [d], ...sameHeads(x, d) };
    return { moments: { rows: 1, dims: [2, d] }, xhat: wide, out: wide };
  },

  flops: (specs) => 8 * elements(specs.x),

  forward(values, attrs, c) {
    const { x } = slots(values, 'x'); // [b*n, c]
    const moments = momentsOf(x, c); // [b, 2, c]
    const { xhat } = slots(standardise.plain({ ...values, moments }, attrs, c), 'xhat'); // [b*n, c]
    const next = c.training ? nextStatistics({ ...values, moments }, x.shape[0] as number, attrs, c) : {};
    return { moments, xhat, ...affine.plain({ ...values, xhat }, attrs, c), ...next };
  },

  backward(values, dys, attrs, c, want) {
    const { out: dy } = slots(dys, 'out'); // [b*n, c]
    const { weight } = slots(values, 'weight');
    const dweight = (): tf.Tensor => tf.sum(tf.mul(dy, slots(values, 'xhat').xhat), 0); // [c]
    const dbias = (): tf.Tensor => tf.sum(dy, 0); // [c]
    const dx = (): tf.Tensor => {
      const rows = dy.shape[0] as number;
      const { deviation } = statistics(values, rows, attrs, c);
      const along = tf.mul(slots(values, 'xhat').xhat, tf.div(dweight(), rows)); // [b*n, c]
      const centred = c.training ? tf.sub(tf.sub(dy, tf.div(dbias(), rows)), along) : dy;
      return tf.mul(centred, tf.div(weight, deviation)); // [b*n, c]
    };
    return {
      ...(want.has('x') && { x: dx() }),
      ...(want.has('weight') && { weight: dweight() }),
      ...(want.has('bias') && { bias: dbias() }),
    };
  },

  fused: {
    forward(c, values, attrs) {
      const { x, weight, bias } = slots(values, 'x', 'weight', 'bias');
      const [m, d] = x.shape as [number, number];
      const moments = queueMoments(c, x);
      const table = queueStatistics(c, { ...values, moments }, attrs, true);
      const xhat = c.wants('xhat') ? c.out('xhat') : null;
      c.queue('batch_normalise', [x, table, weight, bias, xhat, c.out('out', x), m, d]);
    },

    backward(c, values, dys, attrs) {
      const { out: dy } = slots(dys, 'out');
      const [m, d] = dy.shape as [number, number];
      const [dw, db, dx] = [c.into('weight'), c.into('bias'), c.into('x', dy)];
      if (!dw && !dx) {
        if (db) c.queue('sum_partials', [dy, m, d, 0, d, db.tensor, db.add]);
        return;
      }
      const { xhat, weight } = slots(values, 'xhat', 'weight');
      const blocks = Math.ceil(m / 64);
      const partials = c.scratch([blocks, 2 * d]); // dweight, dbias of every 64 rows
      c.queue('normalise_gradient', [xhat, null, weight, dy, null, 0, partials, m, d]);
      const sums = c.scratch([2, d]);
      c.queue('sum_partials', [partials, blocks, 2 * d, 0, 2 * d, sums, 0]);
      if (dw) c.queue('scale', [c.rows(sums, 0, 1), dw.tensor, d, 1, dw.add]);
      if (db) c.queue('scale', [c.rows(sums, 1, 1), db.tensor, d, 1, db.add]);
      if (!dx) return;
      const table = queueStatistics(c, values, attrs);
      c.queue('batch_normalise_gradient', [xhat, dy, table, weight, c.training ? sums : null, dx.tensor, m, d, dx.add]);
    },
  },
};
