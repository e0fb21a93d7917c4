import { dispose, type Tensor } from '@tensorflow/tfjs-core';
import { MesaError } from '../errors';
import type { Model } from '../models/model';
import { resizeWeight } from '../models/pretrained/resize-weights';
import type { Graph, Value } from '../tape/graph';
import { policies } from '../tape/policies';
import { createTape } from '../tape/tape';
import type { Setting } from '../train/accumulate';

/** [height, width] of the images that a model takes. */
export type ImageSize = readonly [number, number];

/** A model for images of any size; that of the size asked for last is kept. Position embeddings are resampled, all else is the model's own. */
export class ModelAtSize {
  private readonly resampled: Tensor[] = [];
  private kept: { readonly size: string; readonly setting: Setting } | undefined;

  constructor(
    private readonly model: Model,
    private readonly graphAt: (size: ImageSize) => Graph,
  ) {}

  at(size: ImageSize): Setting {
    if (this.kept?.size !== size.join()) {
      this.dispose();
      this.kept = { size: size.join(), setting: this.settingAt(size) };
    }
    return this.kept.setting;
  }

  dispose(): void {
    dispose(this.resampled.splice(0));
    this.kept = undefined;
  }

  private settingAt(size: ImageSize): Setting {
    const { engine, params: own } = this.model;
    const graph = this.graphAt(size);
    const params = new Map<string, Tensor>();
    for (const { name, shape } of graph.params.values()) {
      const t = own.get(name) as Tensor;
      params.set(name, t.shape.join() === shape.join() ? t : this.resample(name, t, shape, size));
    }
    const tape = createTape({ engine, graph, policy: policies.exact(), trainable: () => false });
    return { engine, graph, tape, params, ranges: new Map(), seed: 0, step: 0, accumulate: 1 };
  }

  private resample(name: string, t: Tensor, shape: readonly number[], [height, width]: ImageSize): Tensor {
    const { engine, graph } = this.model;
    const [, tall, wide] = (graph.feeds.images as Value).spec.dims as readonly [number, number, number];
    const weight = { shape: t.shape, data: engine.read(t) as Float32Array };
    const fitted = resizeWeight(name, weight, shape, height / width, tall / wide);
    if (!fitted) throw new MesaError('image-size', { at: name, says: `[${t.shape}] cannot be resampled to [${shape}]`, try: 'pad' });
    const made = engine.from(fitted.data, [...shape], 'float32', { category: 'weights', name });
    this.resampled.push(made);
    return made;
  }
}
