import * as tf from '@tensorflow/tfjs-core';
import { attentionGradientScratch, attentionScratch } from '../engine/scratch';
import { MesaError } from '../errors';
import type { Context, Op, PlainContext, Recipe, Specs } from '../tape/op';
import { attend, attendGradients, type Groups, INPUTS, probabilities, scoreFlops } from './attend';
import { columnHeads, dim, shaped, slots } from './slots';

export interface AttentionAttrs {
  readonly heads: number;
  /** Factor of the scores: 1/sqrt(depth of a head). */
  readonly scale: number;
}

/** q, k -> probs: softmax over the keys of scale q k^T. The fused backward does it in its own scratch. */
const fromQueries: Recipe<AttentionAttrs> = {
  from: ['q', 'k'],
  to: ['probs'],
  inKernel: true,
  flops: (specs, { heads }) => scoreFlops(specs, keys(specs)) + 5 * heads * shaped(specs, 'q', ['channels']).rows * keys(specs),
  plain: (x, attrs, c) => ({ probs: probabilities(x, groups(attrs, c)) }), // [b, h, n, keys]
};

/** o = probs v, each head for itself. Keys and values may be of another number of tokens than the queries. */
export const attention: Op<AttentionAttrs> = {
  name: 'attention',
  inputs: INPUTS,
  params: [],
  outputs: ['probs', 'o'],
  inner: ['probs'],
  reads: { q: ['k', 'v', 'probs'], k: ['q', 'v', 'probs'], v: ['probs'] },
  recipes: [fromQueries],

  specs(specs, { heads }) {
    const q = shaped(specs, 'q', ['channels']);
    const width = dim(q, 0);
    const k = shaped(specs, 'k', [width]);
    const v = shaped(specs, 'v', [width]);
    if (v.rows !== k.rows) throw new MesaError('shape-mismatch', { says: `'v' has ${v.rows} tokens a sample where 'k' has ${k.rows}` });
    return {
      probs: { rows: 1, dims: [heads, q.rows, k.rows], heads: { count: heads, axis: 'second' } },
      o: { rows: q.rows, dims: [width], ...columnHeads(heads, width) },
    };
  },

  flops: (specs, attrs) => fromQueries.flops(specs, attrs) + scoreFlops(specs, keys(specs)),

  forward: (x, attrs, c) => attend(x, groups(attrs, c)),

  backward: (x, dys, attrs, c, want) => attendGradients(x, dys, groups(attrs, c), want),

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

const keys = (specs: Specs): number => shaped(specs, 'k', ['channels']).rows;

/** Every sample is a group. */
const groups = ({ heads, scale }: AttentionAttrs, { samples }: PlainContext): Groups => ({ count: samples, heads, scale });
