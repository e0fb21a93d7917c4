import { backend_util, slice_util, type TensorInfo } from '@tensorflow/tfjs-core';
import type { MesaBackend } from '../backend';
import type { DType } from '../engine';
import { atLeast, type Inputs, joined, type Replacement, type Replacements, sizeOf, stridesOf } from './replacement';

const bytesOf = { float32: 4, int32: 4, bool: 1 } as const;
const maximumRank = 8;
const movable = (t: TensorInfo | undefined): t is TensorInfo & { dtype: DType } => !!t && t.dtype in bytesOf;

/** Copies an array of `dims` from `x` at an offset and strides to `y` at an offset and strides, in elements; false where the rank is too high. */
function copy(
  backend: MesaBackend,
  dims: readonly number[],
  x: TensorInfo,
  from: number,
  fromStrides: readonly number[],
  y: TensorInfo,
  to: number,
  toStrides: readonly number[],
): void {
  if (sizeOf(dims) === 0) return;
  const walk = atLeast(2, joined({ dims: [...dims], strides: [[...fromStrides], [...toStrides]] }));
  const bytes = bytesOf[x.dtype as DType];
  backend.queue.queue('strided', [
    backend.addressOf(x) + from * bytes,
    backend.addressOf(y) + to * bytes,
    bytes,
    walk.dims.length,
    ...walk.dims,
    ...walk.strides.flat(),
  ]);
}

const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, v, i) => sum + v * (b[i] as number), 0);

const slice: Replacement = (backend, { x }, { begin, size }) => {
  if (!movable(x) || x.shape.length > maximumRank) return null;
  const [start, shape] = slice_util.parseSliceParams(x as never, begin as number[], size as number[]) as [number[], number[]];
  slice_util.assertParamsValid(x as never, start, shape);
  const y = backend.make(shape, x.dtype);
  const strides = stridesOf(x.shape);
  copy(backend, shape, x, dot(start, strides), strides, y, 0, stridesOf(shape));
  return y;
};

const transpose: Replacement = (backend, { x }, { perm }) => {
  if (!movable(x) || x.shape.length > maximumRank) return null;
  const axes = perm as number[];
  const shape = axes.map((axis) => x.shape[axis] as number);
  const strides = stridesOf(x.shape);
  const y = backend.make(shape, x.dtype);
  copy(
    backend,
    shape,
    x,
    0,
    axes.map((axis) => strides[axis] as number),
    y,
    0,
    stridesOf(shape),
  );
  return y;
};

const tile: Replacement = (backend, { x }, { reps }) => {
  if (!movable(x) || x.shape.length * 2 > maximumRank) return null;
  const repetitions = reps as number[];
  const shape = x.shape.map((length, i) => length * (repetitions[i] as number));
  const strides = stridesOf(x.shape);
  const y = backend.make(shape, x.dtype);
  // Each axis is one that repeats and one that walks.
  const dims = x.shape.flatMap((length, i) => [repetitions[i] as number, length]);
  const to = stridesOf(shape).flatMap((step, i) => [step * (x.shape[i] as number), step]);
  copy(
    backend,
    dims,
    x,
    0,
    strides.flatMap((step) => [0, step]),
    y,
    0,
    to,
  );
  return y;
};

const concat: Replacement = (backend, inputs: Inputs, { axis }) => {
  const tensors = Object.keys(inputs).map((key) => inputs[key] as TensorInfo);
  const first = tensors[0];
  if (!movable(first) || first.shape.length > maximumRank || tensors.some((t) => t.dtype !== first.dtype)) return null;
  const along = (axis as number) < 0 ? (axis as number) + first.shape.length : (axis as number);
  backend_util.assertParamsConsistent(
    tensors.map((t) => t.shape),
    along,
  );
  const shape = backend_util.computeOutShape(
    tensors.map((t) => t.shape),
    along,
  );
  const y = backend.make(shape, first.dtype);
  const strides = stridesOf(shape);
  let offset = 0;
  for (const t of tensors) {
    copy(backend, t.shape, t, 0, stridesOf(t.shape), y, offset * (strides[along] as number), strides);
    offset += t.shape[along] as number;
  }
  return y;
};

const pad: Replacement = (backend, { x }, { paddings, constantValue }) => {
  if (x?.dtype !== 'float32' || x.shape.length > maximumRank) return null;
  const widths = paddings as [number, number][];
  const shape = x.shape.map((length, i) => length + (widths[i] as [number, number])[0] + (widths[i] as [number, number])[1]);
  const y = backend.make(shape, x.dtype);
  const strides = stridesOf(shape);
  backend.queue.queue('fill', [y, sizeOf(shape), constantValue as number]);
  copy(
    backend,
    x.shape,
    x,
    0,
    stridesOf(x.shape),
    y,
    dot(
      widths.map(([before]) => before),
      strides,
    ),
    strides,
  );
  return y;
};

const fill: Replacement = (backend, _, { shape, value, dtype }) => {
  if (typeof value !== 'number' || (dtype !== undefined && dtype !== 'float32')) return null;
  const y = backend.make(shape as number[]);
  backend.queue.queue('fill', [y, sizeOf(shape as number[]), value]);
  return y;
};

const zeros: Replacement = (backend, { x }) => {
  if (x?.dtype !== 'float32') return null;
  return fill(backend, {}, { shape: x.shape, value: 0 });
};

const ones: Replacement = (backend, { x }) => {
  if (x?.dtype !== 'float32') return null;
  return fill(backend, {}, { shape: x.shape, value: 1 });
};

export const move: Replacements = {
  Slice: slice,
  Transpose: transpose,
  Tile: tile,
  Concat: concat,
  PadV2: pad,
  Fill: fill,
  ZerosLike: zeros,
  OnesLike: ones,
};
