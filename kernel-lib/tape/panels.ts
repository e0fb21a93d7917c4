import type { Tensor } from '@tensorflow/tfjs-core';
import type { Engine } from '../engine/engine';

/** What is made of weights alone, above all their panels: once for all slices of a segment's run. */
export class Panels {
  private readonly made = new Map<string, Tensor>();

  constructor(private readonly engine: Engine) {}

  /** `at` tells one use of a weight from another: node, direction and how many came before in the same call. */
  get(at: string, w: Tensor, transposed: boolean): Tensor {
    const [rows = 1, columns = 1] = w.shape;
    const [k, n] = transposed ? [columns, rows] : [rows, columns];
    return this.once(at, [Math.ceil(n / 32) * 32 * k], (out) =>
      this.engine.kernels?.queue('panels', [w, columns, transposed ? 1 : 0, k, n, out]),
    );
  }

  /** The tensor called `at`, which `make` fills the first time. */
  once(at: string, shape: readonly number[], make: (out: Tensor) => void): Tensor {
    const known = this.made.get(at);
    if (known) return known;
    const out = this.engine.empty(shape, 'float32', { category: 'transient', name: `panels:${at}` });
    this.made.set(at, out);
    make(out);
    return out;
  }

  dispose(): void {
    for (const t of this.made.values()) t.dispose();
    this.made.clear();
  }
}
