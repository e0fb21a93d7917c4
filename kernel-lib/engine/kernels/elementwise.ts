import { backend_util } from '@tensorflow/tfjs-core';
import { atLeast, joined, type Replacement, type Replacements, sizeOf, stridesOf } from './replacement';

/** Functions of one argument by their number in elementwise.c. */
const unary = ['Neg', 'Abs', 'Square', 'Sqrt', 'Rsqrt', 'Reciprocal', 'Exp', 'Tanh', 'Sigmoid', 'Relu', 'Erf'];
/** Functions of two arguments by their number in elementwise.c. */
const binary = ['Add', 'Sub', 'Multiply', 'RealDiv', 'Maximum', 'Minimum', 'SquaredDifference'];

const maximumRank = 8;

const unaryOf =
  (f: number): Replacement =>
  (backend, { x }) => {
    if (x?.dtype !== 'float32') return null;
    const y = backend.make(x.shape);
    backend.queue.queue('unary', [x, y, sizeOf(x.shape), f]);
    return y;
  };

const binaryOf =
  (f: number): Replacement =>
  (backend, { a, b }) => {
    if (a?.dtype !== 'float32' || b?.dtype !== 'float32') return null;
    const shape = backend_util.assertAndGetBroadcastShape(a.shape, b.shape);
    const walk = atLeast(1, joined({ dims: shape, strides: [a, b].map((t) => broadcastStrides(t.shape, shape)) }));
    if (walk.dims.length > maximumRank) return null;
    const out = backend.make(shape);
    if (sizeOf(shape) > 0) {
      backend.queue.queue('binary', [a, b, out, f, walk.dims.length, ...walk.dims, ...walk.strides.flat()]);
    }
    return out;
  };

/** Strides of an operand along the axes of the result: 0 where it is repeated. */
function broadcastStrides(shape: readonly number[], result: readonly number[]): number[] {
  const missing = result.length - shape.length;
  const own = stridesOf(shape);
  return result.map((_, i) => (i < missing || shape[i - missing] === 1 ? 0 : (own[i - missing] as number)));
}

export const elementwise: Replacements = Object.fromEntries([
  ...unary.map((name, f) => [name, unaryOf(f)]),
  ...binary.map((name, f) => [name, binaryOf(f)]),
]);
