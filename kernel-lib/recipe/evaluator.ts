import type { Graph } from '../tape/graph';
import type { Evaluation, LabelledSamples } from '../train/evaluate';
import type { Trainer } from '../train/trainer';
import type { DataPart } from './open-data';
import type { DataRecipe, EvaluationRecipe } from './recipe';

export type Evaluator = () => Promise<Evaluation>;

/** Evaluates the model of a trainer on the whole of a part of the data, by the recipe's protocol. */
export function evaluator(
  trainer: Pick<Trainer, 'evaluate'>,
  graph: Graph,
  part: DataPart,
  { pipeline, batch }: Pick<EvaluationRecipe, 'pipeline' | 'batch'>,
  { workers, onBad }: Pick<DataRecipe, 'workers' | 'onBad'>,
  onProgress: (done: number, total: number) => void = () => {},
): Evaluator {
  const classes = graph.results.logits?.spec.dims.at(-1) as number;
  const options = { ...(workers !== undefined && { workers }), ...(onBad && { onBad }) };
  return async () => {
    const batches = part.batches({ size: Math.min(batch, part.count), shuffle: false, pipeline, ...options });
    try {
      const told = tellingHowFar(batches, (done) => onProgress(done, part.count));
      return await trainer.evaluate(graph.feeds.targets ? withTargets(told, classes) : told, { top5: classes > 5 });
    } finally {
      batches.dispose();
    }
  };
}

async function* tellingHowFar(batches: AsyncIterable<LabelledSamples>, tell: (done: number) => void): AsyncGenerator<LabelledSamples> {
  let done = 0;
  for await (const batch of batches) {
    yield batch;
    done += batch.count;
    tell(done);
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
