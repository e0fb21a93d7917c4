import type { Tensor } from '@tensorflow/tfjs-core';
import type { Engine } from '../engine/engine';
import type { Graph } from './graph';

/** Next values of a model's buffers as one pass makes them: read in place of the old ones from then on, committed by a step only. */
export class Buffers {
  private readonly values = new Map<string, Tensor>();
  private readonly superseded: Tensor[] = [];

  constructor(
    private readonly engine: Engine,
    private readonly graph: Graph,
  ) {}

  has(name: string | undefined): name is string {
    return name !== undefined && this.graph.params.get(name)?.buffer === true;
  }

  get(name: string): Tensor | undefined {
    return this.values.get(name);
  }

  /** A tensor for the next value. */
  make(name: string): Tensor {
    const { shape } = this.graph.params.get(name) as { shape: readonly number[] };
    const made = this.engine.empty(shape, 'float32', { category: 'weights', name: `next:${name}` });
    this.put(name, made);
    return made;
  }

  /** A layer used twice moves its buffers twice: what the second use reads must not go while it runs. */
  put(name: string, value: Tensor): void {
    const before = this.values.get(name);
    if (before) this.superseded.push(before);
    this.values.set(name, value);
  }

  /** All of them; the caller's from now on. */
  take(): Map<string, Tensor> {
    const taken = new Map(this.values);
    this.values.clear();
    return taken;
  }

  dispose(): void {
    for (const t of [...this.take().values(), ...this.superseded.splice(0)]) t.dispose();
  }
}
