import { MesaError } from '../errors';
import type { Op, PlainContext, Recipe, Specs } from '../tape/op';
import { attend, attendGradients, type Groups, INPUTS, probabilities, scoreFlops } from './attend';
import { queueAttention, queueAttentionGradient } from './queue-attention';
import { columnHeads, dim, shaped } from './slots';

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
    forward: (c, x, { heads, scale }) => queueAttention(c, x, { samples: c.samples, heads, scale }),
    backward: (c, x, dys, { heads, scale }) => queueAttentionGradient(c, x, dys, { samples: c.samples, heads, scale }),
  },
};

const keys = (specs: Specs): number => shaped(specs, 'k', ['channels']).rows;

/** Every sample is a group. */
const groups = ({ heads, scale }: AttentionAttrs, { samples }: PlainContext): Groups => ({ count: samples, heads, scale });
