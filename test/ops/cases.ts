import {
  attention,
  crossEntropy,
  gelu,
  linear,
  lora,
  normalise,
  patchEmbed,
  positions,
  qkv,
  residual,
  softCrossEntropy,
  takeRow,
} from '../../kernel-lib/ops';
import { key, normal, uniform } from '../../kernel-lib/random/random';
import type { Op, PlainContext, Spec, Specs } from '../../kernel-lib/tape/op';
import { type Arrays, array, size } from '../reference/array';

/** An op at one size. */
export interface Case {
  readonly title: string;
  // biome-ignore lint/suspicious/noExplicitAny: ops of every attribute type
  readonly op: Op<any>;
  readonly attrs: unknown;
  readonly context: PlainContext;
  readonly inputs: Specs;
  /** Shapes of the parameters. */
  readonly params: { readonly [slot: string]: readonly number[] };
}

type Sizes = Pick<Case, 'attrs' | 'inputs' | 'params'> & { readonly samples: number; readonly training?: boolean };

const stream = (rows: number, c: number, heads = 1): Spec => ({ rows, dims: [c], heads: { count: heads, axis: 'columns' } });

/** Each case has a shape in its title; among them are batch 1, 1 and 2 elements, primes, and sizes past a kernel's tiles. */
export const cases: readonly Case[] = [
  ...(
    [
      [2, 3, 8, 6],
      [1, 1, 1, 1],
      [1, 2, 2, 1],
      [3, 7, 13, 37],
      [2, 26, 67, 129],
      [1, 131, 33, 32],
    ] as const
  ).flatMap(([samples, rows, k, n]) =>
    make(linear, `[${samples}*${rows}, ${k}] to ${n}`, {
      attrs: {},
      samples,
      inputs: { in: stream(rows, k) },
      params: { weight: [n, k], bias: [n] },
    }),
  ),
  ...(
    [
      [2, 3, 8, 2],
      [1, 1, 1, 1],
      [1, 2, 2, 2],
      [3, 5, 21, 3],
      [1, 67, 36, 3],
    ] as const
  ).flatMap(([samples, rows, c, heads]) =>
    make(qkv, `[${samples}*${rows}, ${c}], ${heads} heads`, {
      attrs: { heads },
      samples,
      inputs: { in: stream(rows, c) },
      params: { weight: [3 * c, c], bias: [3 * c] },
    }),
  ),
  ...(
    [
      [2, 3, 8, 6, 2],
      [1, 1, 1, 1, 1],
      [3, 11, 13, 37, 4],
    ] as const
  ).flatMap(([samples, rows, k, n, rank]) =>
    make(lora, `[${samples}*${rows}, ${k}] to ${n}, rank ${rank}`, {
      attrs: { rank, alpha: 3 },
      samples,
      inputs: { in: stream(rows, k), base: stream(rows, n) },
      params: { a: [rank, k], b: [n, rank] },
    }),
  ),
  ...(
    [
      [2, 3, 8],
      [1, 1, 1],
      [1, 2, 2],
      [3, 7, 13],
      [2, 35, 37],
    ] as const
  ).flatMap(([samples, rows, d]) =>
    make(normalise, `[${samples}*${rows}, ${d}]`, {
      attrs: { eps: 1e-6 },
      samples,
      inputs: { x: stream(rows, d) },
      params: { weight: [d], bias: [d] },
    }),
  ),
  ...(
    [
      [2, 5, 8, 2],
      [1, 1, 1, 1],
      [1, 2, 2, 1],
      [3, 7, 15, 3],
      [1, 101, 14, 2],
      [1, 17, 36, 1],
    ] as const
  ).flatMap(([samples, rows, c, heads]) => {
    const x = stream(rows, c, heads);
    return make(attention, `[${samples}*${rows}, ${c}], ${heads} heads`, {
      attrs: { heads, scale: (c / heads) ** -0.5 },
      samples,
      inputs: { q: x, k: x, v: x },
      params: {},
    });
  }),
  ...(
    [
      [2, 3, 8],
      [1, 1, 1],
      [1, 1, 2],
      [3, 7, 131],
    ] as const
  ).flatMap(([samples, rows, c]) =>
    make(gelu, `[${samples}*${rows}, ${c}]`, { attrs: {}, samples, inputs: { in: stream(rows, c) }, params: {} }),
  ),
  ...(
    [
      [2, 3, 8, 0],
      [1, 1, 1, 0],
      [7, 3, 5, 0.5],
      [16, 2, 37, 0.1],
    ] as const
  ).flatMap(([samples, rows, c, rate]) =>
    make(residual, `[${samples}*${rows}, ${c}], rate ${rate}`, {
      attrs: { rate },
      samples,
      inputs: { in: stream(rows, c), branch: stream(rows, c) },
      params: {},
    }),
  ),
  ...make(residual, 'rate 0.5 while evaluating', {
    attrs: { rate: 0.5 },
    samples: 4,
    training: false,
    inputs: { in: stream(2, 3), branch: stream(2, 3) },
    params: {},
  }),
  ...(
    [
      [2, 3, 8, 8, 4, 5],
      [1, 1, 1, 1, 1, 1],
      [3, 3, 14, 21, 7, 37],
      [1, 1, 28, 28, 7, 64],
    ] as const
  ).flatMap(([samples, channels, h, w, p, c]) =>
    make(patchEmbed, `${samples} of ${channels} x ${h} x ${w}, patch ${p}, to ${c}`, {
      attrs: {},
      samples,
      inputs: { in: { rows: 1, dims: [channels, h, w] } },
      params: { weight: [c, channels, p, p], bias: [c] },
    }),
  ),
  ...(
    [
      [2, 3, 8, 2],
      [1, 1, 1, 1],
      [5, 7, 37, 1],
    ] as const
  ).flatMap(([samples, rows, c, heads]) =>
    make(positions, `[${samples}*${rows}, ${c}]`, {
      attrs: { heads },
      samples,
      inputs: { in: { rows, dims: [c] } },
      params: { cls: [1, 1, c], pos: [1, rows + 1, c] },
    }),
  ),
  ...(
    [
      [2, 3, 8, 0],
      [1, 1, 1, 0],
      [3, 7, 13, 6],
    ] as const
  ).flatMap(([samples, rows, c, row]) =>
    make(takeRow, `row ${row} of [${samples}*${rows}, ${c}]`, {
      attrs: { row, rows },
      samples,
      inputs: { in: stream(rows, c) },
      params: {},
    }),
  ),
  ...(
    [
      [4, 7, 0.1],
      [1, 2, 0],
      [1, 1, 0],
      [3, 1000, 0.1],
    ] as const
  ).flatMap(([samples, classes, smoothing]) =>
    make(crossEntropy, `[${samples}, ${classes}], smoothing ${smoothing}`, {
      attrs: { smoothing },
      samples,
      inputs: { logits: { rows: 1, dims: [classes] }, labels: { rows: 1, dims: [], dtype: 'int32' } },
      params: {},
    }),
  ),
  ...(
    [
      [4, 7],
      [1, 2],
      [1, 1],
      [3, 131],
    ] as const
  ).flatMap(([samples, classes]) =>
    make(softCrossEntropy, `[${samples}, ${classes}]`, {
      attrs: {},
      samples,
      inputs: { logits: { rows: 1, dims: [classes] }, targets: { rows: 1, dims: [classes] } },
      params: {},
    }),
  ),
];

// biome-ignore lint/suspicious/noExplicitAny: ops of every attribute type
function make(op: Op<any>, title: string, { samples, training = true, ...sizes }: Sizes): Case[] {
  return [{ ...sizes, op, title: `${op.name} ${title}`, context: { samples, firstSample: 3, key: [12, 34], training } }];
}

/** Normal draws for inputs and parameters, labels in range, targets that sum to 1: all of them float32 numbers. */
export function drawn({ op, title, inputs, params, context: { samples } }: Case): Arrays {
  const shapes = { ...Object.fromEntries(Object.entries(inputs).map(([slot, s]) => [slot, [samples * s.rows, ...s.dims]])), ...params };
  const draw = (slot: string, shape: readonly number[]): Float32Array => {
    const name = `${title} ${slot}`;
    if (slot === 'labels') return uniform(key(1, 0, 0, name), size(shape), 0, inputs.logits!.dims[0] as number).map(Math.floor);
    if (slot !== 'targets') return normal(key(1, 0, 0, name), size(shape));
    const raw = uniform(key(1, 0, 0, name), size(shape), 0.1, 1);
    const classes = shape[1] as number;
    return raw.map((v, i) => v / raw.subarray(i - (i % classes), i - (i % classes) + classes).reduce((a, b) => a + b, 0));
  };
  return Object.fromEntries([...op.inputs, ...op.params].map((slot) => [slot, array(shapes[slot]!, draw(slot, shapes[slot]!))]));
}

/** The same op on one sample of the case. */
export function oneSample(c: Case, x: Arrays, index: number): [Case, Arrays] {
  const { samples, firstSample } = c.context;
  const cut = (slot: string): Arrays[string] => {
    const {
      shape: [rows = 0, ...dims],
      data,
    } = x[slot]!;
    return { shape: [rows / samples, ...dims], data: data.slice((index * data.length) / samples, ((index + 1) * data.length) / samples) };
  };
  const inputs = Object.fromEntries(c.op.inputs.map((slot) => [slot, cut(slot)]));
  return [
    { ...c, context: { ...c.context, samples: 1, firstSample: firstSample + index } },
    { ...x, ...inputs },
  ];
}

/** Specs as the graph gives them. */
export function specsOf({ inputs, params }: Case): Specs {
  return { ...inputs, ...Object.fromEntries(Object.entries(params).map(([slot, dims]) => [slot, { rows: 1, dims }])) };
}

/** Outputs that carry a gradient. */
export function outputsOf({ op }: Case): string[] {
  return op.outputs.filter((slot) => !op.inner?.includes(slot));
}

/** Slots that get a gradient. */
export function differentiable({ op }: Case): string[] {
  return Object.keys(op.reads);
}
