import type { Tensor, TypedArray } from '@tensorflow/tfjs-core';
import type { Engine, Kernels } from '../engine/engine';

const BLOCK = 8192; // of the command `square_sums`

/** The 2-norm of all gradients together, summed in float64 block by block, so that it never depends on threads; one read. */
export function gradientNorm(engine: Engine, gradients: ReadonlyMap<string, Tensor>): number {
  const sums = engine.kernels ? blockSums(engine, engine.kernels, gradients) : plainSums(engine, gradients);
  let total = 0;
  for (const sum of sums) total += sum;
  return Math.sqrt(total);
}

function blockSums(engine: Engine, kernels: Kernels, gradients: ReadonlyMap<string, Tensor>): Float64Array {
  const blocksOf = (t: Tensor): number => Math.ceil(t.size / BLOCK);
  const blocks = [...gradients.values()].reduce((sum, t) => sum + blocksOf(t), 0);
  const out = engine.empty([blocks, 2], 'float32', { category: 'transient', name: 'gradient squares' }); // a row is a float64
  try {
    let row = 0;
    for (const gradient of gradients.values()) {
      const view = engine.rows(out, row, blocksOf(gradient));
      kernels.queue('square_sums', [gradient, gradient.size, view]);
      view.dispose();
      row += blocksOf(gradient);
    }
    return engine.form === 'dry' ? new Float64Array(blocks) : asDoubles(engine.read(out));
  } finally {
    out.dispose();
  }
}

/** The same bytes: going through numbers would change halves that happen to look like a signalling NaN. */
function asDoubles({ buffer, byteOffset, byteLength }: TypedArray): Float64Array {
  return new Float64Array(buffer, byteOffset, byteLength / 8);
}

function plainSums(engine: Engine, gradients: ReadonlyMap<string, Tensor>): number[] {
  return [...gradients.values()].map((gradient) => {
    let sum = 0;
    for (const g of engine.read(gradient)) sum += g * g;
    return sum;
  });
}
