import { dispose, type Tensor } from '@tensorflow/tfjs-core';
import type { Engine } from '../engine/engine';
import { MesaError } from '../errors';
import type { Graph, Value } from '../tape/graph';

/** What is fed of some samples: an array for every feed of the graph, samples one after another. */
export interface Samples {
  readonly count: number;
  readonly images: Float32Array;
  readonly imageShape?: readonly number[];
  /** [count]; of maps [count, height, width], -1 where there is none. */
  readonly labels?: Int32Array;
  /** Soft targets, [count, classes]. */
  readonly targets?: Float32Array;
}

/** Samples `first .. first + count - 1` as tensors, in category data; the caller's to dispose of. */
export function feedTensors(engine: Engine, graph: Graph, samples: Samples, first: number, count: number): Record<string, Tensor> {
  const feeds: Record<string, Tensor> = {};
  try {
    for (const [name, { spec }] of Object.entries(graph.feeds)) {
      const size = sizeOf(spec.rows, spec.dims);
      const values = arrayOf(samples, name).subarray(first * size, (first + count) * size);
      const shape = [count * spec.rows, ...spec.dims];
      feeds[name] = engine.from(values, shape, spec.dtype ?? 'float32', { category: 'data', name });
    }
  } catch (e) {
    dispose(feeds);
    throw e;
  }
  return feeds;
}

/** Refuses samples that do not fit the graph, before anything is allocated for them. */
export function checkSamples(graph: Graph, samples: Samples): void {
  if (!Number.isInteger(samples.count) || samples.count < 1)
    throw new MesaError('batch-size', { at: 'batch', says: `holds ${samples.count} samples` });
  for (const [name, feed] of Object.entries(graph.feeds)) {
    checkLength(feed, samples, name);
    const values = arrayOf(samples, name);
    if (feed.spec.dtype !== 'int32') checkFinite(values as Float32Array, name, values.length / samples.count);
  }
  const classes = graph.results.logits?.spec.dims.at(-1);
  if (graph.feeds.labels && classes !== undefined) checkLabels(arrayOf(samples, 'labels'), classes, graph.feeds.labels.spec.dims);
}

function checkLength({ spec }: Value, samples: Samples, name: string): void {
  const size = sizeOf(spec.rows, spec.dims);
  const { length } = arrayOf(samples, name);
  const given = name === 'images' && samples.imageShape ? samples.imageShape : undefined;
  const fits = length === samples.count * size && (!given || given.join() === spec.dims.join());
  if (fits) return;
  throw new MesaError('batch-shape', {
    at: `batch.${name}`,
    says: `${samples.count} samples with ${given ? `[${given}]` : `${length} numbers`}, the model takes [${spec.dims}] each`,
    try: 'a model made for these images (imageSize, channels), or images resized for this model',
  });
}

function checkFinite(values: Float32Array, name: string, perSample: number): void {
  if (Number.isFinite(sum(values))) return;
  const at = values.findIndex((v) => !Number.isFinite(v));
  throw new MesaError('batch-not-finite', {
    at: `batch.${name}`,
    says: `${values[at]} at number ${at % perSample} of sample ${Math.floor(at / perSample)}`,
    try: 'looking at how that sample is read and normalised',
  });
}

/** Not finite when one of the terms is not: an addition a number is the cheapest test. Four sums, since each waits for its last addition. */
function sum(values: Float32Array): number {
  let [a, b, c, d] = [0, 0, 0, 0];
  const whole = values.length - (values.length % 4);
  for (let i = 0; i < whole; i += 4) {
    a += values[i] as number;
    b += values[i + 1] as number;
    c += values[i + 2] as number;
    d += values[i + 3] as number;
  }
  for (let i = whole; i < values.length; i++) a += values[i] as number;
  return a + b + c + d;
}

/** In a map a label below 0 stands for none. */
function checkLabels(labels: ArrayLike<number>, classes: number, dims: readonly number[]): void {
  const map = dims.length > 0;
  const pixels = sizeOf(1, dims);
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i] as number;
    if (Number.isInteger(label) && (label >= 0 || map) && label < classes) continue;
    throw new MesaError('label-out-of-range', {
      at: 'batch.labels',
      says: `${map ? `pixel ${i % pixels} of ` : ''}sample ${Math.floor(i / pixels)} has label ${label}, the model has ${classes} classes`,
      try: `labels from 0 to ${classes - 1}${map ? ', and -1 for pixels without one' : ''}`,
    });
  }
}

function arrayOf(samples: Samples, feed: string): Float32Array | Int32Array {
  const values = (samples as unknown as Record<string, Float32Array | Int32Array | undefined>)[feed];
  if (values) return values;
  throw new MesaError('batch-lacks-feed', { at: `batch.${feed}`, says: 'the model is fed with it and the batch has none' });
}

const sizeOf = (rows: number, dims: readonly number[]): number => dims.reduce((a, b) => a * b, rows);
