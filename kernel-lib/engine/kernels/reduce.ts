import { util } from '@tensorflow/tfjs-core';
import { type Replacement, type Replacements, sizeOf } from './replacement';

/** Reductions by their number in reduce.c. */
const functions = ['Sum', 'Max', 'Min'];

/** Over neighbouring axes: x is seen as [outer, n, inner]. */
const over =
  (f: number, mean: boolean): Replacement =>
  (backend, { x }, attributes) => {
    if (x?.dtype !== 'float32' || sizeOf(x.shape) === 0) return null;
    const axes = util.parseAxisParam((attributes.axis ?? attributes.reductionIndices) as number | number[], x.shape).sort((a, b) => a - b);
    if (axes.length === 0 || axes.some((axis, i) => i > 0 && axis !== (axes[i - 1] as number) + 1)) return null;
    const [first, last] = [axes[0] as number, axes[axes.length - 1] as number];
    const n = sizeOf(x.shape.slice(first, last + 1));
    const kept = x.shape.map((length, i) => (axes.includes(i) ? 1 : length));
    const out = backend.make(attributes.keepDims ? kept : kept.filter((_, i) => !axes.includes(i)));
    backend.queue.queue('reduce', [x, out, sizeOf(x.shape.slice(0, first)), n, sizeOf(x.shape.slice(last + 1)), f, mean ? 1 / n : 1]);
    return out;
  };

const softmax: Replacement = (backend, { logits }, { dim }) => {
  const rank = logits?.shape.length ?? 0;
  if (logits?.dtype !== 'float32' || rank === 0 || sizeOf(logits.shape) === 0 || (dim !== -1 && dim !== rank - 1)) return null;
  const n = logits.shape[rank - 1] as number;
  const y = backend.make(logits.shape);
  backend.queue.queue('softmax', [logits, y, sizeOf(logits.shape) / n, n]);
  return y;
};

export const reduce: Replacements = {
  ...Object.fromEntries(functions.map((name, f) => [name, over(f, false)])),
  Mean: over(0, true),
  Softmax: softmax,
};
