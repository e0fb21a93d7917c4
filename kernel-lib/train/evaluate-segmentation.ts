import type { Tensor } from '@tensorflow/tfjs-core';
import { MesaError } from '../errors';
import type { Resizing } from '../ops/interpolation';
import type { Value } from '../tape/graph';
import type { Setting } from './accumulate';
import { type Confusion, countPixels, overlap } from './confusion';
import type { EvaluationOptions, Scoring } from './evaluate';
import { infer } from './infer';
import { pixelLabels } from './pixel-labels';

/** Scores a model whose labels are maps: loss as in training, the rest from the classes of the pixels that have a label. */
export function segmentationScoring(setting: Setting, sizes: Resizing, { perImage = false }: EvaluationOptions): Scoring {
  const { engine, graph } = setting;
  const classes = (graph.results.logits as Value).spec.dims[0] as number;
  const pixels = sizes.to[0] * sizes.to[1];
  const confusion = new Float64Array(classes * classes);
  const confusions: Confusion[] = [];
  const sums = { loss: 0, samples: 0 };
  return {
    add(batch) {
      infer(setting, batch, ['logits', 'losses'], ([logits, losses]) => {
        const predicted = pixelLabels(engine, logits as Tensor, sizes);
        countPixels(confusion, batch.labels, predicted);
        if (perImage) confusions.push(...eachImage(classes, pixels, batch.labels, predicted));
        for (const loss of engine.read(losses as Tensor)) sums.loss += loss;
      });
      sums.samples += batch.count;
    },
    result() {
      if (!confusion.some((n) => n > 0)) throw new MesaError('nothing-to-evaluate', { says: 'no pixel of the batches has a label' });
      const ofImages = perImage ? { confusions } : {};
      return { loss: sums.loss / sums.samples, ...overlap(confusion), confusion, ...ofImages, samples: sums.samples };
    },
  };
}

function eachImage(classes: number, pixels: number, labels: Int32Array, predicted: Int32Array): Confusion[] {
  return Array.from({ length: labels.length / pixels }, (_, i) => {
    const confusion = new Float64Array(classes * classes);
    countPixels(confusion, labels.subarray(i * pixels, (i + 1) * pixels), predicted.subarray(i * pixels, (i + 1) * pixels));
    return confusion;
  });
}
