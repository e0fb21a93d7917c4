import * as tf from '@tensorflow/tfjs-core';
import type { Context, Op, PlainContext, Recipe, Values } from '../tape/op';
import { attend, attendGradients, type Groups, INPUTS, probabilities, scoreFlops } from './attend';
import { type Attending, queueAttention, queueAttentionGradient } from './queue-attention';
import { positionIndex, shiftMask } from './relative-positions';
import { columnHeads, dim, shaped, slots } from './slots';
import { checkShift, type WindowAttrs, windowed, windowGrid } from './windows';

export interface WindowAttentionAttrs extends WindowAttrs {
  readonly heads: number;
  /** Factor of the scores: 1/sqrt(depth of a head). */
  readonly scale: number;
}

/** q, k -> probs: softmax over the keys of scale q k^T, with the bias and the mask. The fused backward does it in its own scratch. */
const fromQueries: Recipe<WindowAttentionAttrs> = {
  from: ['q', 'k'],
  to: ['probs'],
  inKernel: true,
  flops: (specs, attrs) => scoreFlops(specs, tokens(attrs)) + 7 * attrs.heads * shaped(specs, 'q', ['channels']).rows * tokens(attrs),
  plain: (x, attrs, c) => ({ probs: probabilities(x, groups(x, attrs, c)) }), // [b*windows, h, n, n]
};

/**
 * Attention within the windows of `windowPartition`: with a learned bias for each relative position, and, where a shift brought
 * parts of the map together that are no neighbours, a mask.
 */
export const windowAttention: Op<WindowAttentionAttrs> = {
  name: 'windowAttention',
  role: 'attention',
  inputs: INPUTS,
  params: ['table'],
  outputs: ['probs', 'o'],
  inner: ['probs'],
  reads: { q: ['k', 'v', 'probs'], k: ['q', 'v', 'probs'], v: ['probs'], table: ['v', 'probs'] },
  recipes: [fromQueries],

  specs(specs, attrs) {
    checkShift(attrs);
    const { heads, window } = attrs;
    const q = windowed(specs, 'q', attrs);
    for (const slot of ['k', 'v']) windowed(specs, slot, attrs, dim(q, 0));
    shaped(specs, 'table', [(2 * window - 1) ** 2, heads]);
    return {
      probs: { rows: windowGrid(attrs).count, dims: [heads, tokens(attrs), tokens(attrs)], heads: { count: heads, axis: 'second' } },
      o: { rows: q.rows, dims: q.dims, ...columnHeads(heads, dim(q, 0)) },
    };
  },

  flops: (specs, attrs) => fromQueries.flops(specs, attrs) + scoreFlops(specs, tokens(attrs)),

  forward: (x, attrs, c) => attend(x, groups(x, attrs, c)),

  backward(x, dys, attrs, c, want) {
    const { bias, ...made } = attendGradients(x, dys, groups(x, attrs, c), want.has('table') ? new Set([...want, 'bias']) : want);
    return { ...made, ...(bias && { table: tableGradient(bias, attrs) }) }; // [(2w-1)^2, h]
  },

  fused: {
    forward: (c, x, attrs) => queueAttention(c, x, attending(c, attrs, expanded(c, slots(x, 'table').table, attrs))),

    backward(c, x, dys, attrs) {
      const { table } = slots(x, 'table');
      const dtable = c.into('table');
      const a = attending(c, attrs, x.probs ? null : expanded(c, table, attrs));
      const size = attrs.heads * tokens(attrs) ** 2;
      const blocks = Math.ceil(a.samples / BLOCK);
      const pairs = dtable && c.scratch([blocks, attrs.heads, tokens(attrs), tokens(attrs)]);
      queueAttentionGradient(c, x, dys, a, pairs && { tensor: pairs, block: BLOCK });
      if (!dtable) return;
      c.queue('sum_partials', [pairs, blocks, size, 0, size, pairs, 0]); // into the first block
      c.queue('relative_bias_gradient', [pairs, dtable.tensor, attrs.heads, attrs.window, 1 / attrs.scale, dtable.add]);
    },
  },
};

/** Windows whose gradients by pairs one task adds up. */
const BLOCK = 16;

/** Tokens of a window. */
const tokens = ({ window }: WindowAttrs): number => window ** 2;

/** Every window is a group; its bias is that of the relative positions, and the mask where there is a shift. */
function groups(x: Values, attrs: WindowAttentionAttrs, { samples }: PlainContext): Groups {
  const { heads, scale, window } = attrs;
  const n = tokens(attrs);
  const perPair = tf.gather(slots(x, 'table').table, tf.tensor1d(positionIndex(window), 'int32')); // [n*n, h]
  const positions = tf.reshape(tf.transpose(perPair), [1, heads, n, n]);
  const { count } = windowGrid(attrs);
  const mask = (): tf.Tensor => tf.tensor(shiftMask(attrs), [count, 1, n, n]);
  return { count: samples * count, heads, scale, bias: attrs.shift ? tf.add(positions, mask()) : positions };
}

/** Sums over the windows and over the pairs of a relative position. */
function tableGradient(dbias: tf.Tensor, { heads, window }: WindowAttentionAttrs): tf.Tensor {
  const perPair = tf.transpose(tf.reshape(tf.sum(dbias, 0), [heads, -1])) as tf.Tensor2D; // [n*n, h]
  return tf.unsortedSegmentSum(perPair, tf.tensor1d(positionIndex(window), 'int32'), (2 * window - 1) ** 2);
}

/** The bias of every pair, for each class of windows: with a shift, those that are last down or across differ. */
function expanded(c: Context, table: tf.Tensor, attrs: WindowAttentionAttrs): tf.Tensor {
  const { heads, window, shift } = attrs;
  const classes = shift ? 4 : 1;
  const bias = c.scratch([classes, heads, tokens(attrs), tokens(attrs)]);
  c.queue('relative_bias', [table, bias, heads, window, shift, classes]);
  return bias;
}

function attending(c: Context, attrs: WindowAttentionAttrs, bias: tf.Tensor | null): Attending {
  const { count, down, across } = windowGrid(attrs);
  const { heads, scale, shift } = attrs;
  return { samples: c.samples * count, heads, scale, ...(bias && { bias: { tensor: bias, down, across: shift ? across : 0 } }) };
}
