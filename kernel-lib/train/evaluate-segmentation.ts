import type { Tensor } from '@tensorflow/tfjs-core';
import { MesaError } from '../errors';
import type { Resizing } from '../ops/interpolation';
import type { Value } from '../tape/graph';
import type { Setting } from './accumulate';
import { countPixels, overlap } from './confusion';
import type { Scoring } from './evaluate';
import { infer } from './infer';
import { pixelLabels } from './pixel-labels';

/** Scores a model whose labels are maps: loss as in training, the rest from the classes of the pixels that have a label. */
export function segmentationScoring(setting: Setting, sizes: Resizing): Scoring {
  const { engine, graph } = setting;
  const classes = (graph.results.logits as Value).spec.dims[0] as number;
  const confusion = new Float64Array(classes * classes);
  const sums = { loss: 0, samples: 0 };
  return {
    add(batch) {
      infer(setting, batch, ['logits', 'losses'], ([logits, losses]) => {
        countPixels(confusion, batch.labels, pixelLabels(engine, logits as Tensor, sizes));
        for (const loss of engine.read(losses as Tensor)) sums.loss += loss;
      });
      sums.samples += batch.count;
    },
    result() {
      if (!confusion.some((n) => n > 0)) throw new MesaError('nothing-to-evaluate', { says: 'no pixel of the batches has a label' });
      return { loss: sums.loss / sums.samples, ...overlap(confusion), confusion, samples: sums.samples };
    },
  };
}
