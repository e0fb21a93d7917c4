import type { MaskedFiles } from '../data/data';
import { MesaError } from '../errors';
import type { Model } from '../models/model';
import type { Graph } from '../tape/graph';
import type { Evaluation, LabelledSamples } from '../train/evaluate';
import type { Trainer } from '../train/trainer';
import { evaluatePictures } from './evaluate-pictures';
import { type ImageSize, ModelAtSize } from './model-at-size';
import type { DataPart } from './open-data';
import type { DataRecipe, EvaluationRecipe } from './recipe';

export interface EvaluatorOptions {
  /** Ends an evaluation with an error. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
  /** Of maps: a confusion matrix for each image. */
  readonly perImage?: boolean;
}

export type Evaluator = (options?: EvaluatorOptions) => Promise<Evaluation>;

/** A model with a trainer, and its graph for images of another size. */
export interface Evaluated {
  readonly trainer: Pick<Trainer, 'evaluate'>;
  readonly model: Model;
  graphAt(size: ImageSize): Graph;
}

type Protocol = Omit<EvaluationRecipe, 'every'>;
type Reading = Pick<DataRecipe, 'workers' | 'onBad'>;

/** Evaluates a model on a part of the data, by the recipe's protocol. */
export function evaluator(evaluated: Evaluated, part: DataPart, protocol: Protocol, reading: Reading): Evaluator {
  const { pipeline, images } = protocol;
  if (pipeline.kind !== 'segmentation-evaluation' || pipeline.pad || !hasMasks(part)) return inBatches(evaluated, part, protocol, reading);
  return async (options = {}) => {
    const model = new ModelAtSize(evaluated.model, evaluated.graphAt);
    try {
      return await evaluatePictures(model, part, { ...options, pipeline, images, onBad: reading.onBad });
    } finally {
      model.dispose();
    }
  };
}

const hasMasks = (part: DataPart): part is MaskedFiles => 'masks' in part;

function inBatches(
  { trainer, model: { graph } }: Evaluated,
  part: DataPart,
  { pipeline, batch, images = part.count }: Protocol,
  { workers, onBad }: Reading,
): Evaluator {
  const classes = graph.results.logits?.spec.dims.at(-1) as number;
  const total = Math.min(images, part.count);
  const size = Math.min(batch, total);
  const shuffle = total < part.count; // some of all classes: folders and files have one class after another
  return async (options = {}) => {
    const batches = part.batches({ size, shuffle, pipeline, ...(workers !== undefined && { workers }), ...(onBad && { onBad }) });
    try {
      const some = upTo(total, batches, options);
      const asked = { top5: classes > 5, ...(options.perImage && { perImage: true }) };
      return await trainer.evaluate(graph.feeds.targets ? withTargets(some, classes) : some, asked);
    } finally {
      batches.dispose();
    }
  };
}

/** Whole batches until there are `total` images. */
async function* upTo(total: number, batches: AsyncIterable<LabelledSamples>, { signal, onProgress }: EvaluatorOptions) {
  let done = 0;
  for await (const batch of batches) {
    if (signal?.aborted) throw new MesaError('stopped', { says: `evaluation was stopped after ${done} of ${total} images` });
    yield batch;
    done += batch.count;
    onProgress?.(Math.min(done, total), total);
    if (done >= total) return;
  }
}

/** A model that trains on soft targets is fed with the labels as such. */
async function* withTargets(batches: AsyncIterable<LabelledSamples>, classes: number): AsyncGenerator<LabelledSamples> {
  for await (const batch of batches) {
    const targets = new Float32Array(batch.count * classes);
    batch.labels.forEach((label, i) => {
      targets[i * classes + label] = 1;
    });
    yield { ...batch, targets };
  }
}
