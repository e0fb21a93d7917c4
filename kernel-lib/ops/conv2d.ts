import * as tf from '@tensorflow/tfjs-core';
import { convolveGradientScratch, convolveScratch, convolveWeightGradientScratch, panelFloats } from '../engine/scratch';
import { MesaError } from '../errors';
import type { Context, Op, PlainContext, Values } from '../tape/op';
import { linear } from './linear';
import { dim, mapped, outputHeads, shaped, slots } from './slots';

export interface Conv2dAttrs {
  /** Of the map that comes in. */
  readonly height: number;
  readonly width: number;
  /** Side of the square window. */
  readonly kernel: number;
  readonly stride: number;
  /** Zeros around the map. */
  readonly padding: number;
  /** How the output's columns divide into heads; as the input's if absent. */
  readonly heads?: number;
}

/** A convolution of maps whose pixels are tokens; the weight is [out, in, kernel, kernel]. Pixels that no window reaches get no gradient. */
export const conv2d: Op<Conv2dAttrs> = {
  name: 'conv2d',
  inputs: ['in'],
  params: ['weight', 'bias'],
  optional: ['bias'],
  outputs: ['out'],
  reads: { in: [], weight: ['in'], bias: [] },

  specs(specs, attrs) {
    const { height, width, kernel } = attrs;
    const x = mapped(specs, 'in', height, width);
    const out = dim(shaped(specs, 'weight', ['out', dim(x, 0), kernel, kernel]), 0);
    if (specs.bias) shaped(specs, 'bias', [out]);
    const [down, across] = convolvedSize(attrs);
    return { out: { rows: down * across, dims: [out], ...outputHeads(x, out, attrs.heads) } };
  },

  flops(specs, { kernel }) {
    const out = shaped(specs, 'out', ['out']);
    return 2 * out.rows * dim(out, 0) * kernel ** 2 * dim(shaped(specs, 'in', ['in']), 0);
  },

  forward(x, attrs, c) {
    const { in: a, weight } = slots(x, 'in', 'weight'); // [b*h*w, in], [out, in, k, k]
    const filter = tf.transpose(weight as tf.Tensor4D, [2, 3, 1, 0]); // [k, k, in, out]
    const map = tf.conv2d(padded(a, attrs, c), filter, attrs.stride, 'valid'); // [b, down, across, out]
    const out = tf.reshape(map, [-1, weight.shape[0] as number]);
    return { out: x.bias ? tf.add(out, x.bias) : out }; // [b*down*across, out]
  },

  backward(x, dys, attrs, c, want) {
    const { out: dy } = slots(dys, 'out'); // [b*down*across, out]
    return {
      ...(want.has('in') && { in: inputGradient(slots(x, 'weight').weight, dy, attrs, c) }),
      ...(want.has('weight') && { weight: weightGradient(x, dy, attrs, c) }),
      ...(want.has('bias') && { bias: tf.sum(dy, 0) }), // [out]
    };
  },

  fused: {
    forward(c, x, attrs) {
      if (isLinear(attrs)) return linear.fused?.forward(c, flat(c, x), undefined);
      const { in: a, weight } = slots(x, 'in', 'weight');
      const args = [a, placePanels(c, weight, true), c.out('out'), c.samples, ...sizes(weight, attrs), x.bias ?? null];
      c.queue('convolve', args, convolveScratch);
    },

    backward(c, x, dys, attrs) {
      if (isLinear(attrs)) return linear.fused?.backward(c, flat(c, x), dys, undefined);
      const { out: dy } = slots(dys, 'out');
      const { weight } = slots(x, 'weight');
      const [out, channels] = weight.shape as [number, number];
      const [dw, db] = [c.into('weight'), c.into('bias')];
      if (dw) queueWeightGradient(c, slots(x, 'in').in, dy, weight, attrs, dw);
      if (db) c.queue('column_sums', [dy, dy.size / out, out, db.tensor, db.add]);
      const dx = c.into('in', x.in); // after dw, x may make room for its gradient
      if (!dx) return;
      const args = [dy, placePanels(c, weight, false), dx.tensor, c.samples, ...sizes(weight, attrs), dx.add];
      c.queue('convolve_gradient', args, convolveGradientScratch(channels, attrs.stride));
    },
  },
};

/** Whether every pixel is a row of a linear layer. */
function isLinear({ kernel, stride, padding }: Conv2dAttrs): boolean {
  return kernel === 1 && stride === 1 && padding === 0;
}

/** The weight as that of a linear layer, [out, in]. */
function flat(c: Context, x: Values): Values {
  const { weight } = slots(x, 'weight');
  return { ...x, weight: c.reshape(weight, weight.shape.slice(0, 2)) };
}

type Destination = NonNullable<ReturnType<Context['into']>>;

/** Made place by place, then brought into the weight's order. */
function queueWeightGradient(
  c: Context,
  x: tf.Tensor,
  dy: tf.Tensor,
  weight: tf.Tensor,
  attrs: Conv2dAttrs,
  { tensor, add }: Destination,
): void {
  const [out, channels, kernel] = weight.shape as [number, number, number];
  const places = kernel ** 2;
  const made = c.scratch([out, places, channels]);
  c.queue('convolve_weight_gradient', [x, dy, made, c.samples, ...sizes(weight, attrs)], convolveWeightGradientScratch);
  const ordered = add ? c.scratch(weight.shape) : tensor;
  const row = places * channels;
  c.queue('strided', [made, ordered, 4, 3, out, channels, places, row, 1, channels, row, places, 1]);
  if (add) c.queue('add', [tensor, ordered, tensor, weight.size]);
}

/** What the commands take after the batch. */
function sizes(weight: tf.Tensor, { height, width, kernel, stride, padding }: Conv2dAttrs): number[] {
  const [out, channels] = weight.shape as [number, number];
  return [height, width, channels, out, kernel, stride, padding];
}

/** Panels of every place of the window, as of a linear layer. */
function placePanels(c: Context, weight: tf.Tensor, transposed: boolean): tf.Tensor {
  const [out, channels, kernel] = weight.shape as [number, number, number];
  const places = kernel ** 2;
  const floats = transposed ? panelFloats(channels, out) : panelFloats(out, channels);
  return c.once(transposed ? 'places^T' : 'places', [places * floats], (panels) =>
    c.queue('convolve_panels', [weight, panels, channels, out, places, transposed ? 1 : 0]),
  );
}

/** Height and width of the map that comes out. */
export function convolvedSize({ height, width, kernel, stride, padding }: Conv2dAttrs): [number, number] {
  const [down = 0, across = 0] = [height, width].map((side) => Math.floor((side + 2 * padding - kernel) / stride) + 1);
  if (down > 0 && across > 0) return [down, across];
  throw new MesaError('kernel-too-large', {
    says: `a window of ${kernel} x ${kernel} does not fit a map of ${height} x ${width} with ${padding} zeros around it`,
    try: `kernel: ${Math.min(height, width) + 2 * padding} or less`,
  });
}

/** [b*h*w, c] -> [b, h + 2p, w + 2p, c]. */
function padded(a: tf.Tensor, { height, width, padding: p }: Conv2dAttrs, { samples }: PlainContext): tf.Tensor4D {
  const sides: [number, number][] = [[0, 0], [p, p], [p, p], [0, 0]]; // biome-ignore format: one line
  return tf.pad(tf.reshape(a, [samples, height, width, -1]), sides) as tf.Tensor4D;
}

/** [b*h*w, in]. */
function inputGradient(weight: tf.Tensor, dy: tf.Tensor, attrs: Conv2dAttrs, { samples }: PlainContext): tf.Tensor {
  const { height, width, stride, padding: p } = attrs;
  const [out, channels] = weight.shape as [number, number];
  const map = tf.reshape(dy, [samples, ...convolvedSize(attrs), out]) as tf.Tensor4D;
  const filter = tf.transpose(weight as tf.Tensor4D, [2, 3, 1, 0]); // [k, k, in, out]
  const dx = tf.conv2dTranspose(map, filter, [samples, height + 2 * p, width + 2 * p, channels], stride, 'valid');
  return tf.reshape(tf.slice(dx, [0, p, p, 0], [samples, height, width, channels]), [-1, channels]);
}

/** [out, in, k, k]: each place of the window is a linear layer on the pixels that it meets. */
function weightGradient(x: Values, dy: tf.Tensor, attrs: Conv2dAttrs, c: PlainContext): tf.Tensor {
  const { kernel, stride } = attrs;
  const map = padded(slots(x, 'in').in, attrs, c);
  const [samples, , , channels] = map.shape;
  const [down, across] = convolvedSize(attrs);
  const places = Array.from({ length: kernel ** 2 }, (_, place) => {
    const [top, left] = [Math.floor(place / kernel), place % kernel];
    const end = [samples, top + (down - 1) * stride + 1, left + (across - 1) * stride + 1, channels];
    const met = tf.stridedSlice(map, [0, top, left, 0], end, [1, stride, stride, 1]);
    return tf.matMul(dy, tf.reshape(met, [-1, channels]), true); // [out, in]
  });
  return tf.reshape(tf.stack(places, 2), [-1, channels, kernel, kernel]);
}
