import type { Tensor } from '@tensorflow/tfjs-core';
import type { Engine } from '../engine/engine';
import { shapeOf } from '../tape/layout';
import type { Seen } from '../train/watcher';

interface Whole {
  readonly tensor: Tensor;
  samples: number;
}

/** Gathers the slices of a value until all samples of the batch are there: what a range over the batch needs. */
export class Wholes {
  private readonly wholes = new Map<string, Whole>();

  /** Adds a slice; runs `use` on the whole value once it is complete. `key` tells several gatherings of a value apart. */
  add(seen: Seen, key: string, use: (whole: Seen) => void): void {
    const { step, name, value, samples, firstSample } = seen;
    if (samples === step.samples) {
      use(seen);
      return;
    }
    const at = `${name} ${key}`;
    const shape = shapeOf(value.spec, step.samples);
    const whole = this.wholes.get(at) ?? { tensor: step.engine.empty(shape, 'float32', { category: 'watch', name }), samples: 0 };
    this.wholes.set(at, whole);
    place(step.engine, seen.tensor, whole.tensor, firstSample * value.spec.rows);
    whole.samples += samples;
    if (whole.samples < step.samples) return;
    this.wholes.delete(at);
    try {
      use({ ...seen, tensor: whole.tensor, firstSample: 0, samples: step.samples });
    } finally {
      whole.tensor.dispose();
    }
  }

  dispose(): void {
    for (const { tensor } of this.wholes.values()) tensor.dispose();
    this.wholes.clear();
  }
}

/** Copies `part` to the rows of `whole` from `row` on. */
function place(engine: Engine, part: Tensor, whole: Tensor, row: number): void {
  if (!engine.kernels) {
    const values = engine.read(whole) as Float32Array;
    values.set(engine.read(part), (row * whole.size) / (whole.shape[0] as number));
    engine.write(whole, values);
    return;
  }
  const view = engine.rows(whole, row, part.shape[0] as number);
  engine.kernels.queue('copy', [part, view, part.size * 4]);
  view.dispose();
}
