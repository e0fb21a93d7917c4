import { MesaError } from '../errors';
import { type Batches, type BatchesOptions, batches } from './batches';
import { type Loader, loader } from './loader/loader';
import type { LoaderOptions } from './loader/options';
import { memorySource } from './loader/source';

/** Labelled images in memory, one byte a channel and pixel. */
export interface LabelledImages {
  readonly images: Uint8Array; // [count, channels, height, width]
  /** From 0 to `classes` - 1. */
  readonly labels: Uint8Array | Int32Array; // [count]
  readonly count: number;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly classes: number;
  /** Of each channel, over bytes divided by 255. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
  readonly classNames?: readonly string[];
}

/** Labelled images that give batches. */
export interface Dataset extends LabelledImages {
  /** With a `pipeline` images are transformed, by worker threads; else they come as they are. */
  batches(options: LoaderOptions): Loader;
  batches(options: BatchesOptions): Batches;
}

/** What `data.mnist` and its like give. */
export interface Split {
  readonly train: Dataset;
  readonly test: Dataset;
}

/**
 * A data set of images in memory.
 *
 * @example
 * const mine = dataset({ images, labels, count: 500, channels: 3, height: 32, width: 32, classes: 4, mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] });
 */
export function dataset(data: LabelledImages): Dataset {
  check(data);
  function batchesOf(options: LoaderOptions): Loader;
  function batchesOf(options: BatchesOptions): Batches;
  function batchesOf(options: BatchesOptions | LoaderOptions): Batches {
    return 'pipeline' in options ? loader(memorySource(data), options) : batches(data, options);
  }
  return { ...data, batches: batchesOf };
}

function check({ images, labels, count, channels, height, width, classes, mean, std }: LabelledImages): void {
  const bytes = count * channels * height * width;
  if (images.length !== bytes) {
    throw new MesaError('data-shape', {
      says: `${count} images of ${channels}x${height}x${width} take ${bytes} bytes, given ${images.length}`,
    });
  }
  if (labels.length !== count) throw new MesaError('data-shape', { says: `${count} images with ${labels.length} labels` });
  if (mean.length !== channels || std.length !== channels || !std.every((s) => s > 0)) {
    throw new MesaError('data-shape', {
      says: `mean [${mean}] and std [${std}] do not fit ${channels} channels`,
      try: 'one mean and one positive std a channel',
    });
  }
  labels.forEach((label, i) => {
    if (label < 0 || label >= classes) {
      throw new MesaError('label-out-of-range', {
        says: `image ${i} has label ${label}, there are ${classes} classes`,
        try: `labels from 0 to ${classes - 1}`,
      });
    }
  });
}
