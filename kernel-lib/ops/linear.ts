import * as tf from '@tensorflow/tfjs-core';
import type { Op } from '../tape/op';
import { dim, elements, outputHeads, shaped, slots } from './slots';
import { weightGradient } from './weight-gradient';

export interface LinearAttrs {
  /** How the output's columns divide into heads; as the input's if absent. */
  readonly heads?: number;
}

/** out = in weight^T + bias. */
export const linear: Op<LinearAttrs | undefined> = {
  name: 'linear',
  inputs: ['in'],
  params: ['weight', 'bias'],
  optional: ['bias'],
  outputs: ['out'],
  reads: { in: [], weight: ['in'], bias: [] },

  specs(specs, attrs) {
    const x = shaped(specs, 'in', ['in']);
    const out = dim(shaped(specs, 'weight', ['out', dim(x, 0)]), 0);
    if (specs.bias) shaped(specs, 'bias', [out]);
    return { out: { rows: x.rows, dims: [out], ...outputHeads(x, out, attrs?.heads) } };
  },

  flops: (specs) => 2 * elements(specs.in) * dim(shaped(specs, 'out', ['out']), 0),

  forward(x) {
    const { in: a, weight } = slots(x, 'in', 'weight'); // [m, in], [out, in]
    const out = tf.matMul(a, weight, false, true);
    return { out: x.bias ? tf.add(out, x.bias) : out }; // [m, out]
  },

  backward(x, dys, _, _c, want) {
    const { out: dy } = slots(dys, 'out'); // [m, out]
    return {
      ...(want.has('in') && { in: tf.matMul(dy, slots(x, 'weight').weight) }), // [m, in]
      ...(want.has('weight') && { weight: tf.matMul(dy, slots(x, 'in').in, true) }), // [out, in]
      ...(want.has('bias') && { bias: tf.sum(dy, 0) }), // [out]
    };
  },

  fused: {
    forward(c, x) {
      const { in: a, weight } = slots(x, 'in', 'weight');
      const [m, k] = a.shape as [number, number];
      const n = weight.shape[0] as number;
      c.queue('linear', [a, k, c.panels(weight, true), c.out('out'), n, m, n, k, x.bias ?? null, 0]);
    },

    backward(c, x, dys) {
      const { out: dy } = slots(dys, 'out');
      const { weight } = slots(x, 'weight');
      const [n, k] = weight.shape as [number, number];
      const m = dy.shape[0] as number;
      weightGradient(c, x, dy, k, c.into('weight'), c.into('bias'));
      const dx = c.into('in', x.in); // after dw, x may make room for its gradient
      if (dx) c.queue('linear', [dy, n, c.panels(weight, false), dx.tensor, k, m, k, n, null, dx.add]);
    },
  },
};
