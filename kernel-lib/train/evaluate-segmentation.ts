import type { Tensor } from '@tensorflow/tfjs-core';
import { MesaError } from '../errors';
import type { Resizing } from '../ops/interpolation';
import type { Graph, Value } from '../tape/graph';
import type { Setting } from './accumulate';
import { type Confusion, countPixels, overlap } from './confusion';
import type { Evaluation, EvaluationOptions, LabelledSamples, Scoring } from './evaluate';
import { infer } from './infer';
import { pixelLabels } from './pixel-labels';

/** Scores a model whose labels are maps: loss as in training, the rest from the classes of the pixels that have a label. */
export function segmentationScoring(setting: Setting, sizes: Resizing, options: EvaluationOptions): Scoring {
  const scores = mapScores(setting.graph, options);
  return {
    add(batch) {
      const { losses, predicted } = mapsOf(setting, batch, sizes);
      scores.add(losses, batch.labels, predicted);
    },
    result: scores.result,
  };
}

/** The loss of each sample, and the class of each pixel at `sizes.to`. */
export function mapsOf(setting: Setting, batch: LabelledSamples, sizes: Resizing): { losses: Float32Array; predicted: Int32Array } {
  const { engine } = setting;
  return infer(setting, batch, ['logits', 'losses'], ([logits, losses]) => ({
    predicted: pixelLabels(engine, logits as Tensor, sizes),
    losses: engine.read(losses as Tensor) as Float32Array,
  }));
}

/** Adds up losses and pixels of maps. Maps that are added together have one size. */
export function mapScores({ results }: Graph, { perImage = false }: EvaluationOptions) {
  const classes = (results.logits as Value).spec.dims[0] as number;
  const confusion = new Float64Array(classes * classes);
  const confusions: Confusion[] = [];
  const sums = { loss: 0, samples: 0 };
  return {
    add(losses: Float32Array, labels: Int32Array, predicted: Int32Array): void {
      countPixels(confusion, labels, predicted);
      if (perImage) confusions.push(...eachImage(classes, labels.length / losses.length, labels, predicted));
      for (const loss of losses) sums.loss += loss;
      sums.samples += losses.length;
    },
    result(): Evaluation {
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
