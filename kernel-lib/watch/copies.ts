import type { Tensor } from '@tensorflow/tfjs-core';
import type { Engine } from '../engine/engine';
import type { Seen } from '../train/watcher';

/** A copy of a tensor, booked as being for watching. */
export function copyOf(engine: Engine, t: Tensor, name: string): Tensor {
  const booking = { category: 'watch', name } as const;
  if (!engine.kernels) return engine.from(engine.read(t), t.shape, 'float32', booking);
  const copy = engine.empty(t.shape, 'float32', booking);
  engine.kernels.queue('copy', [t, copy, t.size * 4]);
  return copy;
}

interface Copy {
  readonly first: number;
  readonly count: number;
  readonly tensor: Tensor;
}

/** Values as forward made them, by name, until they are compared with what backward reads. */
export class Copies {
  private readonly copies = new Map<string, Copy[]>();

  keep({ step, name, tensor, firstSample, samples }: Seen): void {
    const copy = { first: firstSample, count: samples, tensor: copyOf(step.engine, tensor, name) };
    const copies = this.copies.get(name);
    if (copies) copies.push(copy);
    else this.copies.set(name, [copy]);
  }

  /** Runs `use` on the copy of the samples that were seen; false when there is none. */
  with({ step, name, value, firstSample, samples }: Seen, use: (copy: Tensor) => void): boolean {
    const copy = this.copies.get(name)?.find((c) => firstSample >= c.first && firstSample + samples <= c.first + c.count);
    if (!copy) return false;
    const { rows } = value.spec;
    const view = step.engine.rows(copy.tensor, (firstSample - copy.first) * rows, samples * rows);
    try {
      use(view);
    } finally {
      view.dispose();
    }
    return true;
  }

  dispose(): void {
    for (const copies of this.copies.values()) for (const { tensor } of copies) tensor.dispose();
    this.copies.clear();
  }
}
