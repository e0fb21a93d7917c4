import * as tf from '@tensorflow/tfjs-core';
import type { Context, Op, Recipe } from '../tape/op';
import { dim, elements, mapped, slots } from './slots';
import { type Destination, fromWindows, queueWindows, toWindows, type WindowAttrs, windowGrid } from './windows';

export interface MergePatchesAttrs {
  readonly height: number;
  readonly width: number;
}

/** out -> in: every row of the map is in one group. */
const inverse: Recipe<MergePatchesAttrs> = {
  from: ['out'],
  to: ['in'],
  flops: (specs) => elements(specs.in),
  plain: (x, attrs, { samples }) => ({ in: apart(slots(x, 'out').out, samples, attrs) }),
  fused(c, x, attrs) {
    const made = c.out('in');
    queueApart(c, slots(x, 'out').out, { tensor: made }, attrs);
    return { in: made };
  },
};

/** Each two by two rows of a map side by side, in Swin's order: down the first column, then down the second. Odd sizes get zeros. */
export const mergePatches: Op<MergePatchesAttrs> = {
  name: 'mergePatches',
  inputs: ['in'],
  params: [],
  outputs: ['out'],
  reads: { in: [] },
  recipes: [inverse],

  specs(specs, attrs) {
    const x = mapped(specs, 'in', attrs.height, attrs.width);
    const heads = x.heads?.axis === 'columns' ? { heads: { count: 4 * x.heads.count, axis: 'columns' as const } } : {};
    return { out: { rows: windowGrid(squares(attrs)).count, dims: [4 * dim(x, 0)], ...heads } };
  },

  /** A move counts as one. */
  flops: (specs) => elements(specs.out),

  forward: (x, attrs, { samples }) => ({ out: together(slots(x, 'in').in, samples, attrs) }), // [b*(h/2)*(w/2), 4c]

  backward: (_, dys, attrs, { samples }) => ({ in: apart(slots(dys, 'out').out, samples, attrs) }), // [b*h*w, c]

  fused: {
    forward: (c, x, attrs) =>
      queueWindows(c, 'to_windows', slots(x, 'in').in, { tensor: c.out('out') }, { ...squares(attrs), byColumns: true }),
    backward: (c, _, dys, attrs) => queueApart(c, slots(dys, 'out').out, c.into('in'), attrs),
  },
};

/** The same cut as windows of two by two. */
const squares = (attrs: MergePatchesAttrs): WindowAttrs => ({ ...attrs, window: 2, shift: 0 });

function together(t: tf.Tensor, samples: number, attrs: MergePatchesAttrs): tf.Tensor {
  const c = t.shape[1] as number;
  return tf.reshape(turned(toWindows(t, samples, squares(attrs)), c), [-1, 4 * c]);
}

function apart(t: tf.Tensor, samples: number, attrs: MergePatchesAttrs): tf.Tensor {
  const c = (t.shape[1] as number) / 4;
  return fromWindows(turned(t, c), samples, squares(attrs));
}

/** Rows and columns of each square exchanged. */
function turned(t: tf.Tensor, c: number): tf.Tensor {
  return tf.reshape(tf.transpose(tf.reshape(t, [-1, 2, 2, c]), [0, 2, 1, 3]), [-1, c]);
}

function queueApart(c: Context, t: tf.Tensor, to: Destination | null, attrs: MergePatchesAttrs): void {
  queueWindows(c, 'from_windows', t, to, { ...squares(attrs), byColumns: true }, (t.shape[1] as number) / 4);
}
