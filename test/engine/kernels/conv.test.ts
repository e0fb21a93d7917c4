import { describe, expect, it } from 'vitest';
import '../../matchers';
import type { Engine } from '../../../kernel-lib/engine/engine';
import { convolveGradientScratch, convolveScratch, convolveWeightGradientScratch, panelFloats } from '../../../kernel-lib/engine/scratch';
import { bits, engineOf, forms, garbage, random, run } from './engines';

/** Batch, height, width, in, out, kernel, stride, padding. */
type Shape = readonly [number, number, number, number, number, number, number, number];
const shapes: readonly Shape[] = [
  [1, 1, 1, 1, 1, 1, 1, 0],
  [2, 5, 4, 3, 7, 3, 1, 1],
  [1, 19, 17, 5, 33, 3, 1, 1], // past a task's rows
  [1, 6, 5, 130, 9, 3, 1, 0], // past a block of channels
  [2, 9, 7, 4, 5, 3, 2, 1],
  [1, 7, 6, 3, 4, 1, 2, 0], // pixels that no window meets
  [1, 5, 5, 2, 3, 2, 3, 2],
  [2, 9, 10, 37, 20, 4, 4, 0], // rests on the right and below
  [1, 3, 4, 2, 3, 5, 1, 3],
];

interface Tensors {
  readonly x: Float32Array;
  readonly w: Float32Array;
  readonly bias: Float32Array;
  readonly dy: Float32Array;
}

function tensorsOf([batch, height, width, channels, out, kernel, stride, padding]: Shape): Tensors {
  const side = (n: number) => Math.floor((n + 2 * padding - kernel) / stride) + 1;
  const [x, w] = [random(batch * height * width * channels, 1), random(out * channels * kernel ** 2, 2)];
  return { x, w, bias: random(out, 3), dy: random(batch * side(height) * side(width) * out, 4) };
}

/** Output, dx and dw (place by place) in float64: every product that a convolution is made of, once. */
function reference([batch, height, width, channels, out, kernel, stride, padding]: Shape, { x, w, bias, dy }: Tensors) {
  const [y, dx, dw] = [Float64Array.from(dy, (_, i) => bias[i % out]!), new Float64Array(x.length), new Float64Array(w.length)];
  const across = Math.floor((width + 2 * padding - kernel) / stride) + 1;
  const down = dy.length / out / batch / across;
  for (let pixel = 0; pixel < batch * height * width; pixel++) {
    const [sample, top, left] = [Math.floor(pixel / height / width), Math.floor(pixel / width) % height, pixel % width];
    for (let place = 0; place < kernel ** 2; place++) {
      const [i, j] = [(top + padding - Math.floor(place / kernel)) / stride, (left + padding - (place % kernel)) / stride];
      if (!Number.isInteger(i) || !Number.isInteger(j) || i < 0 || j < 0 || i >= down || j >= across) continue;
      for (let c = 0; c < channels; c++)
        for (let o = 0; o < out; o++) {
          const [to, from, weight] = [
            ((sample * down + i) * across + j) * out + o,
            pixel * channels + c,
            (o * channels + c) * kernel ** 2 + place,
          ];
          y[to]! += x[from]! * w[weight]!;
          dx[from]! += dy[to]! * w[weight]!;
          dw[(o * kernel ** 2 + place) * channels + c]! += dy[to]! * x[from]!;
        }
    }
  }
  return { y, dx, dw };
}

function panels(engine: Engine, w: Float32Array, [, , , channels, out, kernel]: Shape, transposed: boolean): Float32Array {
  const floats = kernel ** 2 * (transposed ? panelFloats(channels, out) : panelFloats(out, channels));
  return run(engine, 'convolve_panels', [w, garbage(floats), channels, out, kernel ** 2, Number(transposed)])[1]!;
}

/** The commands; dx is added to `there`. */
function convolution(engine: Engine, shape: Shape, { x, w, bias, dy }: Tensors, there?: Float32Array) {
  const [, , , channels, , , stride] = shape;
  const add = there ? 1 : 0;
  const dx = there ?? garbage(x.length);
  return {
    y: run(engine, 'convolve', [x, panels(engine, w, shape, true), garbage(dy.length), ...shape, bias], convolveScratch)[2]!,
    dx: run(
      engine,
      'convolve_gradient',
      [dy, panels(engine, w, shape, false), dx, ...shape, add],
      convolveGradientScratch(channels, stride),
    )[2]!,
    dw: run(engine, 'convolve_weight_gradient', [x, dy, garbage(w.length), ...shape], convolveWeightGradientScratch)[2]!,
  };
}

describe.each(forms)('convolutions on %s', async (form) => {
  const engine = await engineOf(form);

  it.each(shapes)('agree with float64, both ways: %i x %i x %i, %i to %i, kernel %i, stride %i, padding %i', (...shape) => {
    const tensors = tensorsOf(shape);
    const want = reference(shape, tensors);
    const got = convolution(engine, shape, tensors);
    for (const name of ['y', 'dx', 'dw'] as const) expect(got[name], name).toAgreeWith(want[name], 2e-6);
    const there = random(want.dx.length, 5);
    expect(convolution(engine, shape, tensors, there).dx).toAgreeWith(
      want.dx.map((v, i) => v + there[i]!),
      2e-6,
    );
  });

  it.each([
    [3, 11, 13, 21, 40, 3, 1, 1],
    [3, 11, 13, 21, 40, 3, 2, 1],
    [3, 24, 28, 5, 7, 2, 2, 0],
  ] as Shape[])('%i x %i x %i, %i to %i, kernel %i, stride %i, padding %i: threads change no bit, nor other samples', async (...shape) => {
    const tensors = tensorsOf(shape);
    const whole = convolution(engine, shape, tensors);
    const last = (x: Float32Array) => x.slice((2 * x.length) / 3);
    for (const threads of [1, 2, 3]) {
      const e = await engineOf(form, threads);
      const again = convolution(e, shape, tensors);
      for (const name of ['y', 'dx', 'dw'] as const) expect(bits(again[name]), name).toEqual(bits(whole[name]));
      const alone = convolution(e, [1, ...shape.slice(1)] as unknown as Shape, { ...tensors, x: last(tensors.x), dy: last(tensors.dy) });
      for (const name of ['y', 'dx'] as const) expect(bits(alone[name]), name).toEqual(bits(last(whole[name])));
    }
  });
});
