import * as tf from '@tensorflow/tfjs-core';
import type { Op } from '../tape/op';
import { columnHeads, dim, shaped, slots } from './slots';
import { weightGradient } from './weight-gradient';

export interface QkvAttrs {
  readonly heads: number;
}

const PARTS = ['q', 'k', 'v'] as const;

/** Queries, keys and values: one weight of three row blocks, three outputs. */
export const qkv: Op<QkvAttrs> = {
  name: 'qkv',
  inputs: ['in'],
  params: ['weight', 'bias'],
  outputs: PARTS,
  reads: { in: [], weight: ['in'], bias: [] },

  specs(specs, { heads }) {
    const x = shaped(specs, 'in', ['channels']);
    const c = dim(x, 0);
    shaped(specs, 'weight', [3 * c, c]);
    shaped(specs, 'bias', [3 * c]);
    const part = { rows: x.rows, dims: [c], ...columnHeads(heads, c) };
    return { q: part, k: part, v: part };
  },

  flops(specs) {
    const x = shaped(specs, 'in', ['channels']);
    return 6 * x.rows * dim(x, 0) ** 2;
  },

  forward(x) {
    const { in: a, weight, bias } = slots(x, 'in', 'weight', 'bias'); // [b*n, c], [3c, c], [3c]
    const [q, k, v] = tf.split(tf.add(tf.matMul(a, weight, false, true), bias), 3, 1) as [tf.Tensor, tf.Tensor, tf.Tensor];
    return { q, k, v }; // [b*n, c] each
  },

  backward(x, dys, _, _c, want) {
    const { q, k, v } = slots(dys, ...PARTS);
    const dy = tf.concat([q, k, v], 1); // [b*n, 3c]
    return {
      ...(want.has('in') && { in: tf.matMul(dy, slots(x, 'weight').weight) }), // [b*n, c]
      ...(want.has('weight') && { weight: tf.matMul(dy, slots(x, 'in').in, true) }), // [3c, c]
      ...(want.has('bias') && { bias: tf.sum(dy, 0) }), // [3c]
    };
  },

  fused: {
    forward(c, x) {
      const { in: a, weight, bias } = slots(x, 'in', 'weight', 'bias');
      const [m, k] = a.shape as [number, number];
      PARTS.forEach((part, i) => {
        const w = c.rows(weight, i * k, k); // [c, c]
        c.queue('linear', [a, k, c.panels(w, true), c.out(part), k, m, k, k, c.rows(bias, i * k, k), 0]);
      });
    },

    backward(c, x, dys) {
      const { weight } = slots(x, 'weight');
      const k = weight.shape[1] as number;
      const [dw, db, dx] = [c.into('weight'), c.into('bias'), c.into('in')];
      const block = (to: typeof dw, i: number): typeof dw => to && { tensor: c.rows(to.tensor, i * k, k), add: to.add };
      PARTS.forEach((part, i) => {
        const dy = slots(dys, part)[part]; // [b*n, c]
        weightGradient(c, x, dy, k, block(dw, i), block(db, i));
        if (!dx) return;
        const m = dy.shape[0] as number;
        c.queue('linear', [dy, k, c.panels(c.rows(weight, i * k, k), false), dx.tensor, k, m, k, k, null, i === 0 ? dx.add : 1]);
      });
    },
  },
};
