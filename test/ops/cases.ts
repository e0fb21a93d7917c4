import * as ops from '../../kernel-lib/ops';
import type { Op, Spec } from '../../kernel-lib/tape/op';
import type { Case } from './case';

const stream = (rows: number, c: number, heads = 1): Spec => ({ rows, dims: [c], heads: { count: heads, axis: 'columns' } });
const whole = (...dims: number[]): Spec => ({ rows: 1, dims });

/** Every op at several sizes: batch 1, one and two elements, primes, and past a kernel's tiles. The first number is the batch. */
export const cases: readonly Case[] = [
  ...each(ops.linear, ['2 3 8 6', '1 1 1 1', '1 2 2 1', '3 7 13 37', '2 26 67 129', '1 131 33 32'], (rows, k, n) => ({
    inputs: { in: stream(rows, k) },
    params: { weight: [n, k], bias: [n] },
  })),
  ...each(ops.qkv, ['2 3 8 2', '1 1 1 1', '1 2 2 2', '3 5 21 3', '1 67 36 3'], (rows, c, heads) => ({
    inputs: { in: stream(rows, c) },
    params: { weight: [3 * c, c], bias: [3 * c] },
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
  ...each(ops.attention, ['2 5 8 2', '1 1 1 1', '1 2 2 1', '3 7 15 3', '1 101 14 2', '1 17 36 1'], (rows, c, heads) => ({
    inputs: { q: stream(rows, c, heads), k: stream(rows, c, heads), v: stream(rows, c, heads) },
    attrs: { heads, scale: (c / heads) ** -0.5 },
  })),
  ...each(ops.gelu, ['2 3 8', '1 1 1', '1 1 2', '3 7 131'], (rows, c) => ({ inputs: { in: stream(rows, c) } })),
  ...each(ops.residual, ['2 3 8 0', '1 1 1 0', '7 3 5 0.5', '16 2 37 0.1'], (rows, c, rate) => ({
    inputs: { in: stream(rows, c), branch: stream(rows, c) },
    attrs: { rate },
  })),
  ...each(ops.residual, ['4 2 3'], (rows, c) => ({
    inputs: { in: stream(rows, c), branch: stream(rows, c) },
    attrs: { rate: 0.5 },
    training: false,
  })),
  ...each(ops.patchEmbed, ['2 3 8 8 4 5', '1 1 1 1 1 1', '3 3 14 21 7 37', '1 1 28 28 7 64'], (channels, height, width, p, c) => ({
    inputs: { in: whole(channels, height, width) },
    params: { weight: [c, channels, p, p], bias: [c] },
  })),
  ...each(ops.positions, ['2 3 8 2', '1 1 1 1', '5 7 37 1'], (rows, c, heads) => ({
    inputs: { in: stream(rows, c) },
    params: { cls: [1, 1, c], pos: [1, rows + 1, c] },
    attrs: { heads },
  })),
  ...each(ops.takeRow, ['2 3 8 0', '1 1 1 0', '3 7 13 6'], (rows, c, row) => ({ inputs: { in: stream(rows, c) }, attrs: { row, rows } })),
  ...each(ops.crossEntropy, ['4 7 0.1', '1 2 0', '1 1 0', '3 1000 0.1'], (classes, smoothing) => ({
    inputs: { logits: whole(classes), labels: { rows: 1, dims: [], dtype: 'int32' } },
    attrs: { smoothing },
  })),
  ...each(ops.softCrossEntropy, ['4 7', '1 2', '1 1', '3 131'], (classes) => ({
    inputs: { logits: whole(classes), targets: whole(classes) },
  })),
];

type Sizes = Pick<Case, 'inputs'> & Partial<Pick<Case, 'params' | 'attrs'>> & { readonly training?: boolean };

/** One case for each row of numbers: the batch, and what `build` takes. */
// biome-ignore lint/suspicious/noExplicitAny: ops of every attribute type
function each(op: Op<any>, rows: readonly string[], build: (...sizes: number[]) => Sizes): Case[] {
  return rows.map((row) => {
    const [samples = 1, ...sizes] = row.split(' ').map(Number);
    const { training = true, params = {}, attrs = {}, inputs } = build(...sizes);
    const title = `${op.name} ${row}${training ? '' : ', evaluating'}`;
    return { op, title, inputs, params, attrs, context: { samples, firstSample: 3, key: [12, 34], training } };
  });
}
