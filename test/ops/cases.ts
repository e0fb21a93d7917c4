import * as ops from '../../kernel-lib/ops';
import type { WindowAttrs } from '../../kernel-lib/ops/windows';
import { key, uniform } from '../../kernel-lib/random/random';
import type { Op, Spec } from '../../kernel-lib/tape/op';
import type { Case } from './case';

/** Cases of each op whose sizes are drawn, from 3 up. */
const DRAWN = 2;

const stream = (rows: number, c: number, heads = 1): Spec => ({ rows, dims: [c], heads: { count: heads, axis: 'columns' } });
const whole = (...dims: number[]): Spec => ({ rows: 1, dims });

/** Batch, height, width, window, shift, channels: whole windows, one window, padding below, at the right, and more than the map. */
const MAPS = ['2 4 6 2 1 3', '1 1 1 1 0 1', '2 6 4 2 0 8', '3 5 4 3 1 5', '2 4 7 4 2 37', '1 3 2 5 4 2'];

/**
 * Every op at several sizes: batch 1, ones and twos, primes, past a kernel's tiles, and a few that are drawn.
 * The first number is the batch; the others are such that any will do.
 */
export const cases: readonly Case[] = [
  ...each(ops.linear, ['2 3 8 6 1', '1 1 1 1 1', '1 2 2 1 0', '3 7 13 37 1', '2 26 67 129 1', '1 131 33 32 0'], (rows, k, n, biased) => ({
    inputs: { in: stream(rows, k) },
    params: { weight: [n, k], ...(biased > 0 && { bias: [n] }) },
  })),
  ...each(
    ops.conv2d,
    [
      ...['2 5 4 3 6 3 1 1 1', '1 1 1 1 1 1 1 0 1', '3 2 3 5 4 1 1 0 0', '1 13 12 3 17 3 1 1 0', '1 5 6 33 7 3 1 1 1'],
      ...['2 6 7 4 5 3 2 1 1', '1 5 5 2 3 1 2 0 1', '2 4 6 3 5 2 2 0 1', '1 9 10 5 3 4 4 0 0', '2 17 8 2 34 8 8 0 1', '1 6 5 2 3 3 1 0 1'],
    ],
    (height, width, channels, c, kernel, stride, padding, biased) => ({
      inputs: { in: stream(height * width, channels) },
      params: { weight: [c, channels, kernel, kernel], ...(biased > 0 && { bias: [c] }) },
      attrs: { height, width, kernel, stride, padding },
    }),
  ),
  ...each(ops.qkv, ['2 3 2 4', '1 1 1 1', '1 2 2 1', '3 5 3 7', '1 67 3 12'], (rows, heads, depth) => ({
    inputs: { in: stream(rows, heads * depth) },
    params: { weight: [3 * heads * depth, heads * depth], bias: [3 * heads * depth] },
    attrs: { heads },
  })),
  ...each(ops.kv, ['2 3 2 4', '1 1 1 1', '3 5 3 7'], (rows, heads, depth) => ({
    inputs: { in: stream(rows, heads * depth) },
    params: { weight: [2 * heads * depth, heads * depth], bias: [2 * heads * depth] },
    attrs: { heads },
  })),
  ...each(ops.lora, ['2 3 8 6 2', '1 1 1 1 1', '3 11 13 37 4'], (rows, k, n, rank) => ({
    inputs: { in: stream(rows, k), base: stream(rows, n) },
    params: { a: [rank, k], b: [n, rank] },
    attrs: { rank, alpha: 3 },
  })),
  ...each(ops.normalise, ['2 3 8', '1 1 1', '1 2 2', '3 7 13', '2 35 37'], (rows, d) => ({
    inputs: { x: stream(rows, d) },
    params: { weight: [d], bias: [d] },
    attrs: { eps: 1e-6 },
  })),
  ...each(ops.attention, ['2 5 2 4', '1 1 1 1', '1 2 1 2', '3 7 3 5', '1 101 2 7', '1 17 1 36'], (rows, heads, depth) => {
    const x = stream(rows, heads * depth, heads);
    return { inputs: { q: x, k: x, v: x }, attrs: { heads, scale: depth ** -0.5 } };
  }),
  ...each(
    ops.attention,
    ['2 5 3 2 4', '1 1 9 1 1', '2 9 1 1 3', '1 101 49 2 7', '2 101 8 2 5', '1 17 131 1 36'],
    (rows, keys, heads, depth) => {
      const [q, k] = [stream(rows, heads * depth, heads), stream(keys, heads * depth, heads)];
      return { inputs: { q, k, v: k }, attrs: { heads, scale: depth ** -0.5 } };
    },
  ),
  ...each(
    ops.windowAttention,
    ['2 4 6 2 1 2 4', '1 1 1 1 0 1 1', '3 2 3 2 0 2 3', '2 5 4 3 1 2 5', '1 7 14 7 3 1 8', '2 3 3 4 2 1 4', '2 9 10 2 1 1 3'],
    windows((count, window, attrs, [heads, depth]) => {
      const x = stream(count * window ** 2, heads * depth, heads);
      return {
        inputs: { q: x, k: x, v: x },
        params: { table: [(2 * window - 1) ** 2, heads] },
        attrs: { ...attrs, heads, scale: depth ** -0.5 },
      };
    }),
    6,
  ),
  ...each(
    ops.windowPartition,
    MAPS,
    windows((_, _window, attrs, [c]) => ({ inputs: { in: stream(attrs.height * attrs.width, c) }, attrs })),
  ),
  ...each(
    ops.windowMerge,
    MAPS,
    windows((count, window, attrs, [c]) => ({ inputs: { in: stream(count * window ** 2, c) }, attrs })),
  ),
  ...each(ops.mergePatches, ['2 4 6 3', '1 1 1 1', '3 5 3 8', '2 2 7 37'], (height, width, c) => ({
    inputs: { in: stream(height * width, c) },
    attrs: { height, width },
  })),
  ...each(ops.gelu, ['2 3 8', '1 1 1', '1 1 2', '3 7 131'], (rows, c) => ({ inputs: { in: stream(rows, c) } })),
  ...each(ops.residual, ['2 3 8 0', '1 1 1 0', '7 3 5 5', '16 2 37 1'], (rows, c, tenths) => ({
    inputs: { in: stream(rows, c), branch: stream(rows, c) },
    attrs: { rate: tenths / 10 },
  })),
  ...each(ops.residual, ['4 2 3 5'], (rows, c, tenths) => ({
    inputs: { in: stream(rows, c), branch: stream(rows, c) },
    attrs: { rate: tenths / 10 },
    training: false,
  })),
  ...each(ops.patchEmbed, ['2 3 2 2 4 5', '1 1 1 1 1 1', '3 3 2 3 7 37', '1 1 4 4 7 64'], (channels, tall, wide, p, c) => ({
    inputs: { in: whole(channels, tall * p, wide * p) },
    params: { weight: [c, channels, p, p], bias: [c] },
  })),
  ...each(ops.positions, ['2 3 2 4', '1 1 1 1', '5 7 1 37'], (rows, heads, depth) => ({
    inputs: { in: stream(rows, heads * depth) },
    params: { cls: [1, 1, heads * depth], pos: [1, rows + 1, heads * depth] },
    attrs: { heads },
  })),
  ...each(ops.addPositions, ['2 3 2 4', '1 1 1 1', '5 7 1 37'], (rows, heads, depth) => ({
    inputs: { in: stream(rows, heads * depth) },
    params: { pos: [1, rows, heads * depth] },
    attrs: { heads },
  })),
  ...each(ops.takeRows, ['2 0 1 2 8', '1 0 1 0 1', '3 1 5 0 13', '2 2 2 3 37'], (first, count, after, c) => ({
    inputs: { in: stream(first + count + after, c) },
    attrs: { first, count, rows: first + count + after },
  })),
  ...each(ops.meanRows, ['2 3 8', '1 1 1', '3 49 37', '2 300 5'], (rows, c) => ({ inputs: { in: stream(rows, c) }, attrs: { rows } })),
  ...each(ops.crossEntropy, ['4 7 1', '1 2 0', '1 1 0', '3 1000 1'], (classes, tenths) => ({
    inputs: { logits: whole(classes), labels: { rows: 1, dims: [], dtype: 'int32' } },
    attrs: { smoothing: tenths / 10 },
  })),
  ...each(ops.softCrossEntropy, ['4 7', '1 2', '1 1', '3 131'], (classes) => ({
    inputs: { logits: whole(classes), targets: whole(classes) },
  })),
  ...each(
    ops.pixelCrossEntropy,
    ['2 3 4 6 8 5', '1 1 1 1 1 1', '1 2 3 9 13 2', '2 5 4 3 7 37', '1 19 3 41 5 20'],
    (h, w, tall, wide, k) => ({
      inputs: { logits: stream(h * w, k), labels: { rows: 1, dims: [tall, wide], dtype: 'int32' } },
      attrs: { height: h, width: w },
    }),
  ),
  ...each(ops.relu, ['2 3 8', '1 1 1', '3 7 131'], (rows, c) => ({ inputs: { in: stream(rows, c) } })),
  ...each(
    ops.resize,
    ['2 3 4 6 8 5 0', '1 1 1 1 1 1 0', '1 2 3 9 13 37 0', '2 5 7 3 4 3 0', '2 3 4 7 8 5 1', '1 5 7 3 4 9 1'],
    (...sizes) => {
      const [h, w, tall, wide, c, nearest] = sizes as [number, number, number, number, number, number];
      return {
        inputs: { in: stream(h * w, c) },
        attrs: { from: [h, w], to: [tall, wide], method: nearest === 1 ? 'nearest' : 'bilinear' },
      };
    },
  ),
  ...each(ops.dropChannels, ['2 3 8 0', '1 1 1 0', '7 3 5 5', '4 70 37 1'], (rows, c, tenths) => ({
    inputs: { in: stream(rows, c) },
    attrs: { rate: tenths / 10 },
  })),
  ...each(ops.batchNorm, ['2 3 8', '1 1 1', '1 2 2', '3 7 13', '2 150 37', '1 70 131'], batchNorm),
  ...each(ops.batchNorm, ['2 3 8', '1 70 37'], (rows, d) => ({ ...batchNorm(rows, d), training: false })),
];

function batchNorm(rows: number, d: number): Sizes {
  const params = { weight: [d], bias: [d], running_mean: [d], running_var: [d] };
  return { inputs: { x: stream(rows, d) }, params, attrs: { eps: 1e-5, momentum: 0.1 } };
}

type Sizes = Pick<Case, 'inputs'> & Partial<Pick<Case, 'params' | 'attrs'>> & { readonly training?: boolean };

/** Sizes of a map in windows, and what is left of the numbers. Drawn shifts are brought into range. */
function windows(
  build: (count: number, window: number, attrs: WindowAttrs, rest: [number, number]) => Sizes,
): (...sizes: number[]) => Sizes {
  return (height = 1, width = 1, window = 1, shift = 0, ...rest) => {
    const count = Math.ceil(height / window) * Math.ceil(width / window);
    return build(count, window, { height, width, window, shift: shift % window }, rest as [number, number]);
  };
}

/** One case for each row of numbers, given or drawn (3 and up, `below` a number): the batch, and what `build` takes. */
// biome-ignore lint/suspicious/noExplicitAny: ops of every attribute type
function each(op: Op<any>, rows: readonly string[], build: (...sizes: number[]) => Sizes, below = 10): Case[] {
  const { length } = rows[0]!.split(' ');
  const drawn = Array.from({ length: DRAWN }, (_, i) =>
    uniform(key(7, i, 0, op.name), length, 3, below)
      .map(Math.floor)
      .join(' '),
  );
  return [...rows, ...drawn].map((row) => {
    const [samples = 1, ...sizes] = row.split(' ').map(Number);
    const { training = true, params = {}, attrs = {}, inputs } = build(...sizes);
    const title = `${op.name} ${row}${training ? '' : ', evaluating'}`;
    return { op, title, inputs, params, attrs, context: { samples, firstSample: 3, key: [12, 34], training } };
  });
}
