import { key, normal, uniform } from '../../kernel-lib/random/random';
import type { Op, PlainContext, Specs } from '../../kernel-lib/tape/op';
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

/** Normal draws for inputs and parameters, labels in range, targets that sum to 1: all of them float32 numbers. */
export function drawn({ op, title, inputs, params, context: { samples } }: Case): Arrays {
  const shapes = { ...Object.fromEntries(Object.entries(inputs).map(([slot, s]) => [slot, [samples * s.rows, ...s.dims]])), ...params };
  const draw = (slot: string, shape: readonly number[]): Float32Array => {
    const name = `${title} ${slot}`;
    if (slot === 'labels') return labels(name, shape, inputs.logits!.dims[0] as number);
    if (slot === 'running_var') return uniform(key(1, 0, 0, name), size(shape), 0.5, 2);
    if (slot !== 'targets') return normal(key(1, 0, 0, name), size(shape));
    const raw = uniform(key(1, 0, 0, name), size(shape), 0.1, 1);
    const classes = shape[1] as number;
    return raw.map((v, i) => v / raw.subarray(i - (i % classes), i - (i % classes) + classes).reduce((a, b) => a + b, 0));
  };
  const slots = [...op.inputs, ...op.params].filter((slot) => shapes[slot]);
  return Object.fromEntries(slots.map((slot) => [slot, array(shapes[slot]!, draw(slot, shapes[slot]!))]));
}

/** Labels in range; in a map some are none, as -1 or 255. */
function labels(name: string, shape: readonly number[], classes: number): Float32Array {
  const map = shape.length > 1;
  const drawn = uniform(key(1, 0, 0, name), size(shape), map ? -1 : 0, classes).map(Math.floor);
  return drawn.map((label, i) => (map && i % 7 === 3 ? 255 : label));
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

/** Parameters that the op gives a next value instead of a gradient. */
export function buffersOf({ op }: Case): string[] {
  return op.params.filter((slot) => !op.reads[slot]);
}

/** Slots that get a gradient. */
export function differentiable({ op, params }: Case): string[] {
  return Object.keys(op.reads).filter((slot) => params[slot] || !op.optional?.includes(slot));
}
