import * as tf from '@tensorflow/tfjs-core';
import { MesaError } from '../errors';
import type { Context, Op } from '../tape/op';
import { dim, elements, shaped, slots } from './slots';
import { weightGradient } from './weight-gradient';

export interface LoraAttrs {
  readonly rank: number;
  /** The update is multiplied by alpha / rank. */
  readonly alpha: number;
}

/** Low-rank adapter beside a linear layer (LoRA): out = base + alpha/rank (in a^T) b^T, where base is the layer's output on `in`. */
export const lora: Op<LoraAttrs> = {
  name: 'lora',
  inputs: ['in', 'base'],
  params: ['a', 'b'],
  outputs: ['out'],
  reads: { in: [], base: [], a: ['in'], b: ['in'] },

  specs(specs, { rank }) {
    const x = shaped(specs, 'in', ['in']);
    const base = shaped(specs, 'base', ['out']);
    shaped(specs, 'a', [rank, dim(x, 0)]);
    shaped(specs, 'b', [dim(base, 0), rank]);
    if (x.rows !== base.rows)
      throw new MesaError('shape-mismatch', { says: `'base' has ${base.rows} rows a sample where 'in' has ${x.rows}` });
    return { out: base };
  },

  flops: (specs, { rank }) => 2 * rank * (elements(specs.in) + elements(specs.base)),

  forward(x, { rank, alpha }) {
    const { in: rows, base, a, b } = slots(x, 'in', 'base', 'a', 'b'); // [m, k], [m, n], [r, k], [n, r]
    const low = tf.mul(tf.matMul(rows, a, false, true), alpha / rank); // [m, r]
    return { out: tf.add(base, tf.matMul(low, b, false, true)) }; // [m, n]
  },

  backward(x, dys, { rank, alpha }, _, want) {
    const scale = alpha / rank;
    const { out: dy } = slots(dys, 'out'); // [m, n]
    const { a, b } = slots(x, 'a', 'b');
    const dlow = tf.mul(tf.matMul(dy, b), scale); // [m, r]
    const db = (): tf.Tensor => tf.matMul(dy, tf.mul(tf.matMul(slots(x, 'in').in, a, false, true), scale), true);
    return {
      ...(want.has('base') && { base: tf.clone(dy) }),
      ...(want.has('in') && { in: tf.matMul(dlow, a) }), // [m, k]
      ...(want.has('a') && { a: tf.matMul(dlow, slots(x, 'in').in, true) }), // [r, k]
      ...(want.has('b') && { b: db() }), // [n, r]
    };
  },

  fused: {
    forward(c, x, { rank, alpha }) {
      const { in: rows, base, a, b } = slots(x, 'in', 'base', 'a', 'b');
      const out = c.out('out');
      const [m, n] = base.shape as [number, number];
      c.queue('linear', [narrow(c, rows, a, alpha / rank), rank, c.panels(b, true), out, n, m, n, rank, null, 0]);
      c.queue('add', [base, out, out, out.size]);
    },

    backward(c, x, dys, { rank, alpha }) {
      const { out: dy } = slots(dys, 'out');
      const { a, b } = slots(x, 'a', 'b');
      const [m, n] = dy.shape as [number, number];
      const k = a.shape[1] as number;
      const db = c.into('b');
      if (db) weightGradient(c, { in: narrow(c, slots(x, 'in').in, a, alpha / rank) }, dy, rank, db, null);
      const [da, dx] = [c.into('a'), c.into('in')];
      if (da || dx) {
        const dlow = c.scratch([m, rank]);
        c.queue('linear', [dy, n, c.panels(b, false), dlow, rank, m, rank, n, null, 0]);
        c.queue('scale', [dlow, dlow, dlow.size, alpha / rank, 0]);
        weightGradient(c, x, dlow, k, da, null);
        if (dx) c.queue('linear', [dlow, rank, c.panels(a, false), dx.tensor, k, m, k, rank, null, dx.add]);
      }
      c.pass('base', dy);
    },
  },
};

/** scale (rows a^T), [m, rank], in scratch. */
function narrow(c: Context, rows: tf.Tensor, a: tf.Tensor, scale: number): tf.Tensor {
  const [m, k] = rows.shape as [number, number];
  const rank = a.shape[0] as number;
  const low = c.scratch([m, rank]);
  c.queue('linear', [rows, k, c.panels(a, true), low, rank, m, rank, k, null, 0]);
  c.queue('scale', [low, low, low.size, scale, 0]);
  return low;
}
