import * as tf from '@tensorflow/tfjs-core';
import type { Op } from '../tape/op';
import { columnHeads, dim, shaped, slots } from './slots';
import { weightGradient } from './weight-gradient';

export interface QkvAttrs {
  readonly heads: number;
}

/** Queries, keys and values: one weight of three row blocks, three outputs. */
export const qkv: Op<QkvAttrs> = inParts('qkv', ['q', 'k', 'v']);

/** Keys and values of tokens that have their queries elsewhere. */
export const kv: Op<QkvAttrs> = inParts('kv', ['k', 'v']);

/** A linear layer whose output is as many parts as its weight has row blocks, each as wide as its input. */
function inParts(name: string, parts: readonly string[]): Op<QkvAttrs> {
  const count = parts.length;
  return {
    name,
    inputs: ['in'],
    params: ['weight', 'bias'],
    outputs: parts,
    reads: { in: [], weight: ['in'], bias: [] },

    specs(specs, { heads }) {
      const x = shaped(specs, 'in', ['channels']);
      const c = dim(x, 0);
      shaped(specs, 'weight', [count * c, c]);
      shaped(specs, 'bias', [count * c]);
      const spec = { rows: x.rows, dims: [c], ...columnHeads(heads, c) };
      return Object.fromEntries(parts.map((part) => [part, spec]));
    },

    flops(specs) {
      const x = shaped(specs, 'in', ['channels']);
      return 2 * count * x.rows * dim(x, 0) ** 2;
    },

    forward(x) {
      const { in: a, weight, bias } = slots(x, 'in', 'weight', 'bias'); // [b*n, c], [parts*c, c], [parts*c]
      const out = tf.split(tf.add(tf.matMul(a, weight, false, true), bias), count, 1);
      return Object.fromEntries(parts.map((part, i) => [part, out[i] as tf.Tensor])); // [b*n, c] each
    },

    backward(x, dys, _, _c, want) {
      const dy = tf.concat(Object.values(slots(dys, ...parts)), 1); // [b*n, parts*c]
      return {
        ...(want.has('in') && { in: tf.matMul(dy, slots(x, 'weight').weight) }), // [b*n, c]
        ...(want.has('weight') && { weight: tf.matMul(dy, slots(x, 'in').in, true) }), // [parts*c, c]
        ...(want.has('bias') && { bias: tf.sum(dy, 0) }), // [parts*c]
      };
    },

    fused: {
      forward(c, x) {
        const { in: a, weight, bias } = slots(x, 'in', 'weight', 'bias');
        const [m, k] = a.shape as [number, number];
        parts.forEach((part, i) => {
          const w = c.rows(weight, i * k, k); // [c, c]
          c.queue('linear', [a, k, c.panels(w, true), c.out(part), k, m, k, k, c.rows(bias, i * k, k), 0]);
        });
      },

      backward(c, x, dys) {
        const { weight } = slots(x, 'weight');
        const k = weight.shape[1] as number;
        const [dw, db, dx] = [c.into('weight'), c.into('bias'), c.into('in')];
        const block = (to: typeof dw, i: number): typeof dw => to && { tensor: c.rows(to.tensor, i * k, k), add: to.add };
        parts.forEach((part, i) => {
          const dy = slots(dys, part)[part] as tf.Tensor; // [b*n, c]
          weightGradient(c, x, dy, k, block(dw, i), block(db, i));
          if (!dx) return;
          const m = dy.shape[0] as number;
          c.queue('linear', [dy, k, c.panels(c.rows(weight, i * k, k), false), dx.tensor, k, m, k, k, null, i === 0 ? dx.add : 1]);
        });
      },
    },
  };
}
