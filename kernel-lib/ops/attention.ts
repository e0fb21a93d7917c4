import * as tf from '@tensorflow/tfjs-core';
import { attentionGradientScratch, attentionScratch } from '../engine/scratch';
import { MesaError } from '../errors';
import type { Context, Op, PlainContext, Recipe, Specs } from '../tape/op';
import { columnHeads, dim, shaped, slots } from './slots';

export interface AttentionAttrs {
  readonly heads: number;
  /** Factor of the scores: 1/sqrt(depth of a head). */
  readonly scale: number;
}

const INPUTS = ['q', 'k', 'v'] as const;

/** [b*n, h*d] -> [b, h, n, d]. */
function split(t: tf.Tensor, { samples }: PlainContext, heads: number): tf.Tensor {
  const [rows, columns] = t.shape as [number, number];
  return tf.transpose(tf.reshape(t, [samples, rows / samples, heads, columns / heads]), [0, 2, 1, 3]);
}

/** [b, h, n, d] -> [b*n, h*d]. */
function join(t: tf.Tensor): tf.Tensor {
  const [b, h, n, d] = t.shape as [number, number, number, number];
  return tf.reshape(tf.transpose(t, [0, 2, 1, 3]), [b * n, h * d]);
}

/** q, k -> probs: softmax over the keys of scale q k^T. The fused backward does it in its own scratch. */
const probabilities: Recipe<AttentionAttrs> = {
  from: ['q', 'k'],
  to: ['probs'],
  inKernel: true,
  flops: (specs, { heads }) => scoreFlops(specs) + 5 * heads * shaped(specs, 'q', ['channels']).rows ** 2,
  plain(x, { heads, scale }, c) {
    const { q, k } = slots(x, 'q', 'k');
    return { probs: tf.softmax(tf.mul(tf.matMul(split(q, c, heads), split(k, c, heads), false, true), scale)) }; // [b, h, n, n]
  },
};

/** o = probs v, each head for itself. */
export const attention: Op<AttentionAttrs> = {
  name: 'attention',
  inputs: INPUTS,
  params: [],
  outputs: ['probs', 'o'],
  inner: ['probs'],
  reads: { q: ['k', 'v', 'probs'], k: ['q', 'v', 'probs'], v: ['probs'] },
  recipes: [probabilities],

  specs(specs, { heads }) {
    const q = shaped(specs, 'q', ['channels']);
    const width = dim(q, 0);
    for (const slot of ['k', 'v']) {
      const { rows } = shaped(specs, slot, [width]);
      if (rows !== q.rows) throw new MesaError('shape-mismatch', { says: `'${slot}' has ${rows} tokens a sample where 'q' has ${q.rows}` });
    }
    return {
      probs: { rows: 1, dims: [heads, q.rows, q.rows], heads: { count: heads, axis: 'second' } },
      o: { rows: q.rows, dims: [width], ...columnHeads(heads, width) },
    };
  },

  flops: (specs, attrs) => probabilities.flops(specs, attrs) + scoreFlops(specs),

  forward(x, attrs, c) {
    const { probs } = slots(probabilities.plain(x, attrs, c), 'probs'); // [b, h, n, n]
    return { probs, o: join(tf.matMul(probs, split(slots(x, 'v').v, c, attrs.heads))) }; // [b*n, h*d]
  },

  backward(x, dys, attrs, c, want) {
    const perHead = (slot: 'q' | 'k' | 'v'): tf.Tensor => split(slots(x, slot)[slot], c, attrs.heads);
    const probs = x.probs ?? slots(probabilities.plain(x, attrs, c), 'probs').probs; // [b, h, n, n]
    const dy = split(slots(dys, 'o').o, c, attrs.heads); // [b, h, n, d]
    const dscores = (): tf.Tensor => {
      const dprobs = tf.matMul(dy, perHead('v'), false, true); // [b, h, n, n]
      const centred = tf.sub(dprobs, tf.sum(tf.mul(dprobs, probs), -1, true));
      return tf.mul(tf.mul(centred, probs), attrs.scale);
    };
    const ds = want.has('q') || want.has('k') ? dscores() : null;
    return {
      ...(ds && want.has('q') && { q: join(tf.matMul(ds, perHead('k'))) }), // [b*n, h*d] each
      ...(ds && want.has('k') && { k: join(tf.matMul(ds, perHead('q'), true)) }),
      ...(want.has('v') && { v: join(tf.matMul(probs, dy, true)) }),
    };
  },

  fused: {
    forward(c, x, { heads, scale }) {
      const { q, k, v } = slots(x, ...INPUTS);
      const { tokens, depth } = sizes(q, c, heads);
      const probs = c.wants('probs') ? c.out('probs') : null;
      c.queue('attention', [q, k, v, c.out('o'), probs, c.samples, heads, tokens, depth, scale], attentionScratch(tokens, depth));
    },

    backward(c, x, dys, { heads, scale }) {
      const { o: dy } = slots(dys, 'o');
      // The kernel always writes all three gradients. What only an unwanted one reads may be missing: any numbers do in its place.
      const { q = dy, k = dy, v = dy, probs = null } = x;
      const { tokens, depth } = sizes(dy, c, heads);
      const to = INPUTS.map((slot) => destination(c, slot, dy.shape));
      c.queue(
        'attention_gradient',
        [q, k, v, probs, dy, ...to.map(({ tensor }) => tensor), c.samples, heads, tokens, depth, scale],
        attentionGradientScratch(tokens, depth),
      );
      for (const { tensor, sum } of to) if (sum) c.queue('add', [tensor, sum, sum, sum.size]);
    },
  },
};

function sizes(rows: tf.Tensor, { samples }: PlainContext, heads: number): { tokens: number; depth: number } {
  const [count, columns] = rows.shape as [number, number];
  return { tokens: count / samples, depth: columns / heads };
}

/** Where the kernel, which overwrites, puts a gradient; `sum` is what it is then added to. */
function destination(c: Context, slot: string, shape: readonly number[]): { tensor: tf.Tensor; sum?: tf.Tensor } {
  const to = c.into(slot);
  if (to && !to.add) return { tensor: to.tensor };
  return { tensor: c.scratch(shape), ...(to && { sum: to.tensor }) };
}

/** Of q k^T, or of probs v: 2 n n c. */
function scoreFlops(specs: Specs): number {
  const q = shaped(specs, 'q', ['channels']);
  return 2 * q.rows ** 2 * dim(q, 0);
}
