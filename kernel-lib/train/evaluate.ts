import { dispose } from '@tensorflow/tfjs-core';
import { MesaError } from '../errors';
import type { Setting } from './accumulate';
import type { BatchSource } from './batch-source';
import { checkSamples, feedTensors, type Samples } from './feeds';

/** How well a model does on some batches. */
export interface Evaluation {
  /** Mean cross entropy, without label smoothing. */
  readonly loss: number;
  /** Share of the samples whose label has the largest logit. */
  readonly accuracy: number;
  /** Share whose label is among the five largest; only when asked for. */
  readonly top5?: number;
  readonly samples: number;
}

/** Samples with labels: what evaluation compares with. */
export type LabelledSamples = Samples & { readonly labels: Int32Array };

/** Batches to walk over; a stream that has a position stands where it was afterwards. */
export type EvaluationBatches = (AsyncIterable<LabelledSamples> | Iterable<LabelledSamples>) & Pick<BatchSource, 'state' | 'restore'>;

/** Forward over batches without saves; changes nothing. */
export async function evaluate(setting: Setting, batches: EvaluationBatches, options: { readonly top5: boolean }): Promise<Evaluation> {
  const sums = { loss: 0, top1: 0, top5: 0, samples: 0 };
  const position = batches.state?.();
  try {
    for await (const batch of batches) {
      checkSamples(setting.graph, batch);
      score(logitsOf(setting, batch), batch.labels, sums);
      await new Promise(setImmediate); // a forward blocks the event loop
    }
  } finally {
    if (position !== undefined) batches.restore?.(position);
  }
  const { samples } = sums;
  if (samples === 0) throw new MesaError('nothing-to-evaluate', { says: 'the batches hold no sample' });
  return { loss: sums.loss / samples, accuracy: sums.top1 / samples, ...(options.top5 ? { top5: sums.top5 / samples } : {}), samples };
}

function logitsOf({ engine, graph, tape, params, ranges, seed, step }: Setting, batch: LabelledSamples): Float32Array {
  if (!graph.results.logits) {
    throw new MesaError('no-logits', { says: "the model names no result 'logits'", try: "g.result('logits', value) in the model" });
  }
  const feeds = feedTensors(engine, graph, batch, 0, batch.count);
  try {
    const { logits } = tape.infer(params, feeds, { samples: batch.count, seed, step, micro: 0, training: false, ranges }, ['logits']);
    try {
      return engine.read(logits as NonNullable<typeof logits>) as Float32Array;
    } finally {
      logits?.dispose();
    }
  } finally {
    dispose(feeds);
  }
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
