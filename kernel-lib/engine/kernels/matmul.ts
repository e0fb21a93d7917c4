import { backend_util, type TensorInfo } from '@tensorflow/tfjs-core';
import { matmulScratch } from '../scratch';
import { type Replacement, type Replacements, sizeOf } from './replacement';

/** a [..., m, k] b [..., k, n], either transposed; batches are equal or one of them is 1. */
const batchMatMul: Replacement = (backend, { a, b }, { transposeA, transposeB }) => {
  if (a?.dtype !== 'float32' || b?.dtype !== 'float32') return null;
  const [m, k] = sides(a, !!transposeA);
  const [k2, n] = sides(b, !!transposeB);
  const outer = [a, b].map((t) => t.shape.slice(0, -2));
  const [batchA, batchB] = outer.map(sizeOf) as [number, number];
  if (k !== k2 || m * n * k === 0 || (batchA !== batchB && batchA !== 1 && batchB !== 1)) return null;
  const batch = backend_util.assertAndGetBroadcastShape(outer[0] as number[], outer[1] as number[]);
  if (sizeOf(batch) !== Math.max(batchA, batchB)) return null;
  const c = backend.make([...batch, m, n]);
  backend.queue.queue(
    'matmul',
    [a, b, c, sizeOf(batch), m, n, k, +!!transposeA, +!!transposeB, batchA === 1 ? 0 : m * k, batchB === 1 ? 0 : k * n],
    matmulScratch,
  );
  return c;
};

/** The last two dimensions, as they are after transposing. */
function sides({ shape }: TensorInfo, transposed: boolean): [number, number] {
  const [rows, columns] = shape.slice(-2) as [number, number];
  return transposed ? [columns, rows] : [rows, columns];
}

export const matmul: Replacements = { BatchMatMul: batchMatMul };
