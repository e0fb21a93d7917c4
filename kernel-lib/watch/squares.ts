import type { Tensor } from '@tensorflow/tfjs-core';
import type { Engine } from '../engine/engine';
import { asDoubles } from './pending';

const BLOCK = 8192; // of the command `square_sums`

const blocksOf = (size: number): number => Math.ceil(size / BLOCK);

/** Sums of squares by key, with room for all of them from the start: `add` allocates nothing on our own engine. */
export class Squares {
  private readonly room: Tensor | null;
  private readonly keys: { readonly key: string; readonly blocks: number }[] = [];
  private readonly known = new Map<string, number>();
  private row = 0;

  constructor(
    private readonly engine: Engine,
    sizes: readonly number[],
  ) {
    const rows = sizes.reduce((sum, size) => sum + blocksOf(size), 0);
    this.room = engine.kernels && rows > 0 ? engine.empty([rows, 2], 'float32', { category: 'watch', name: 'squares' }) : null; // a row is a float64
  }

  add(key: string, t: Tensor): void {
    const { engine, room } = this;
    if (!engine.kernels || !room) {
      this.addNumbers(key, engine.read(t));
      return;
    }
    const blocks = blocksOf(t.size);
    const view = engine.rows(room, this.row, blocks);
    engine.kernels.queue('square_sums', [t, t.size, view]);
    view.dispose();
    this.row += blocks;
    this.keys.push({ key, blocks });
  }

  addNumbers(key: string, values: ArrayLike<number>): void {
    let sum = 0;
    for (let i = 0; i < values.length; i++) sum += (values[i] as number) ** 2;
    this.known.set(key, sum);
  }

  /** The norm of each; releases the room. */
  take(): ReadonlyMap<string, number> {
    try {
      const norms = new Map([...this.known].map(([key, sum]) => [key, Math.sqrt(sum)]));
      if (!this.room || this.engine.form === 'dry') return norms;
      const sums = asDoubles(this.engine.read(this.room));
      let at = 0;
      for (const { key, blocks } of this.keys) {
        norms.set(key, Math.sqrt(sums.subarray(at, at + blocks).reduce((a, b) => a + b, 0)));
        at += blocks;
      }
      return norms;
    } finally {
      this.dispose();
    }
  }

  dispose(): void {
    this.room?.dispose();
  }
}
