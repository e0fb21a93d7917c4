import * as ops from '../../kernel-lib/ops';
import { key, uniform } from '../../kernel-lib/random/random';
import type { Op, Spec } from '../../kernel-lib/tape/op';
import type { Case } from './case';

/** Cases of each op whose sizes are drawn, from 3 to 9. */
const DRAWN = 2;

const stream = (rows: number, c: number, heads = 1): Spec => ({ rows, dims: [c], heads: { count: heads, axis: 'columns' } });
const whole = (...dims: number[]): Spec => ({ rows: 1, dims });

/**
 * Every op at several sizes: batch 1, ones and twos, primes, past a kernel's tiles, and a few that are drawn.
 * The first number is the batch; the others are such that any will do.
 */
export const cases: readonly Case[] = [
  ...each(ops.linear, ['2 3 8 6', '1 1 1 1', '1 2 2 1', '3 7 13 37', '2 26 67 129', '1 131 33 32'], (rows, k, n) => ({
    inputs: { in: stream(rows, k) },
    params: { weight: [n, k], bias: [n] },
  })),
  ...each(ops.qkv, ['2 3 2 4', '1 1 1 1', '1 2 2 1', '3 5 3 7', '1 67 3 12'], (rows, heads, depth) => ({
    inputs: { in: stream(rows, heads * depth) },
    params: { weight: [3 * heads * depth, heads * depth], bias: [3 * heads * depth] },
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
  ...each(ops.takeRow, ['2 0 2 8', '1 0 0 1', '3 6 0 13'], (before, after, c) => ({
    inputs: { in: stream(before + 1 + after, c) },
    attrs: { row: before, rows: before + 1 + after },
  })),
  ...each(ops.crossEntropy, ['4 7 1', '1 2 0', '1 1 0', '3 1000 1'], (classes, tenths) => ({
    inputs: { logits: whole(classes), labels: { rows: 1, dims: [], dtype: 'int32' } },
    attrs: { smoothing: tenths / 10 },
  })),
  ...each(ops.softCrossEntropy, ['4 7', '1 2', '1 1', '3 131'], (classes) => ({
    inputs: { logits: whole(classes), targets: whole(classes) },
  })),
];

type Sizes = Pick<Case, 'inputs'> & Partial<Pick<Case, 'params' | 'attrs'>> & { readonly training?: boolean };

/** One case for each row of numbers, given or drawn: the batch, and what `build` takes. */
// biome-ignore lint/suspicious/noExplicitAny: ops of every attribute type
function each(op: Op<any>, rows: readonly string[], build: (...sizes: number[]) => Sizes): Case[] {
  const { length } = rows[0]!.split(' ');
  const drawn = Array.from({ length: DRAWN }, (_, i) =>
    uniform(key(7, i, 0, op.name), length, 3, 10)
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
