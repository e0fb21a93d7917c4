import type { Tensor } from '@tensorflow/tfjs-core';
import type { Engine } from '../engine/engine';

/** Panels of weights, packed once for all slices of a segment's run. */
export class Panels {
  private readonly packed = new Map<string, Tensor>();

  constructor(private readonly engine: Engine) {}

  /** `at` tells one use of a weight from another: node, direction and how many came before in the same call. */
  get(at: string, w: Tensor, transposed: boolean): Tensor {
    const known = this.packed.get(at);
    if (known) return known;
    const [rows = 1, columns = 1] = w.shape;
    const [k, n] = transposed ? [columns, rows] : [rows, columns];
    const out = this.engine.empty([Math.ceil(n / 32) * 32 * k], 'float32', { category: 'transient', name: `panels:${at}` });
    this.packed.set(at, out);
    this.engine.kernels?.queue('panels', [w, columns, transposed ? 1 : 0, k, n, out]);
    return out;
  }

  dispose(): void {
    for (const t of this.packed.values()) t.dispose();
    this.packed.clear();
  }
}
