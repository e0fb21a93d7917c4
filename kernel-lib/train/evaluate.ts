import type { Tensor } from '@tensorflow/tfjs-core';
import { MesaError } from '../errors';
import type { Setting } from './accumulate';
import type { BatchSource } from './batch-source';
import type { Confusion } from './confusion';
import { segmentationScoring } from './evaluate-segmentation';
import { checkSamples, type Samples } from './feeds';
import { infer } from './infer';
import { pixelsOf } from './pixel-labels';

/** How well a model does on some batches. */
export interface Evaluation {
  /** Mean cross entropy, without label smoothing; of maps over all pixels, with 0 for those without a label. */
  readonly loss: number;
  /** Share of the samples, or of the pixels with a label, whose label has the largest logit. */
  readonly accuracy: number;
  /** Share whose label is among the five largest; only when asked for. */
  readonly top5?: number;
  /** Of maps: mean intersection over union of the classes that labels or predictions have. */
  readonly meanIou?: number;
  /** Of maps: intersection over union of each class; null for one that never occurs. */
  readonly iou?: readonly (number | null)[];
  /** Of maps: pixels by label (rows) and prediction (columns), [classes * classes]. */
  readonly confusion?: Confusion;
  /** Of maps, when asked for: the same for each image in turn. */
  readonly confusions?: readonly Confusion[];
  readonly samples: number;
}

/** What is found out beside the rest. */
export interface EvaluationOptions {
  readonly top5?: boolean;
  /** Of maps: a confusion matrix for each image. */
  readonly perImage?: boolean;
}

/** Samples with labels: what evaluation compares with. */
export type LabelledSamples = Samples & { readonly labels: Int32Array };

/** Batches to walk over; a stream that has a position stands where it was afterwards. */
export type EvaluationBatches = (AsyncIterable<LabelledSamples> | Iterable<LabelledSamples>) & Pick<BatchSource, 'state' | 'restore'>;

/** Adds up how well batches are told. */
export interface Scoring {
  add(batch: LabelledSamples): void;
  result(): Evaluation;
}

/** Forward over batches without saves; changes nothing. */
export async function evaluate(setting: Setting, batches: EvaluationBatches, options: EvaluationOptions): Promise<Evaluation> {
  const pixels = pixelsOf(setting.graph);
  const scoring = pixels ? segmentationScoring(setting, pixels, options) : classScoring(setting, options);
  const position = batches.state?.();
  let samples = 0;
  try {
    for await (const batch of batches) {
      checkSamples(setting.graph, batch);
      scoring.add(batch);
      samples += batch.count;
      await new Promise(setImmediate); // a forward blocks the event loop
    }
  } finally {
    if (position !== undefined) batches.restore?.(position);
  }
  if (samples === 0) throw new MesaError('nothing-to-evaluate', { says: 'the batches hold no sample' });
  return scoring.result();
}

function classScoring(setting: Setting, options: EvaluationOptions): Scoring {
  const sums = { loss: 0, top1: 0, top5: 0, samples: 0 };
  return {
    add(batch) {
      const logits = infer(setting, batch, ['logits'], ([t]) => setting.engine.read(t as Tensor) as Float32Array);
      score(logits, batch.labels, sums);
    },
    result() {
      const { loss, top1, top5, samples } = sums;
      return { loss: loss / samples, accuracy: top1 / samples, ...(options.top5 ? { top5: top5 / samples } : {}), samples };
    },
  };
}

function score(logits: Float32Array, labels: Int32Array, sums: { loss: number; top1: number; top5: number; samples: number }): void {
  const classes = logits.length / labels.length;
  labels.forEach((label, i) => {
    const row = logits.subarray(i * classes, (i + 1) * classes);
    const rank = rankOf(row, label);
    sums.loss += crossEntropy(row, label);
    sums.top1 += rank < 1 ? 1 : 0;
    sums.top5 += rank < 5 ? 1 : 0;
    sums.samples++;
  });
}

/** How many logits stand before that of the label; equal ones in order of their class, NaN before all. */
function rankOf(row: Float32Array, label: number): number {
  const own = row[label] as number;
  let before = 0;
  row.forEach((x, c) => {
    if (x > own || (x === own && c < label) || Number.isNaN(x)) before++;
  });
  return Number.isNaN(own) ? row.length : before;
}

function crossEntropy(row: Float32Array, label: number): number {
  const largest = row.reduce((a, b) => Math.max(a, b));
  let sum = 0;
  for (const x of row) sum += Math.exp(x - largest);
  return largest + Math.log(sum) - (row[label] as number);
}
