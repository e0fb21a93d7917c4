import { argMax, reshape, type Tensor } from '@tensorflow/tfjs-core';
import type { Engine } from '../engine/engine';
import { pixelScratch } from '../engine/scratch';
import { type Resizing, resized } from '../ops/interpolation';
import type { PixelCrossEntropyAttrs } from '../ops/pixel-cross-entropy';
import type { Graph, Value } from '../tape/graph';

/** How a model's map of logits lies in its labels; undefined for a model whose labels are of whole samples. */
export function pixelsOf({ segments, results }: Graph): Resizing | undefined {
  const loss = segments.flatMap(({ nodes }) => nodes).find(({ outputs }) => Object.values(outputs).includes(results.losses as Value));
  if (loss?.op.name !== 'pixelCrossEntropy') return undefined;
  const { height, width } = loss.attrs as PixelCrossEntropyAttrs;
  const [tall, wide] = (loss.inputs.labels as Value).spec.dims as [number, number];
  return { from: [height, width], to: [tall, wide], method: 'bilinear' };
}

/** The class with the largest logit of every pixel, [b, H, W], from a map of logits [b*h*w, k]. The kernel never makes [b*H*W, k]. */
export function pixelLabels(engine: Engine, logits: Tensor, sizes: Resizing): Int32Array {
  const [rows, classes] = logits.shape as [number, number];
  const [[h, w], [tall, wide]] = [sizes.from, sizes.to];
  const samples = rows / (h * w);
  const made = engine.kernels
    ? engine.empty([samples, tall, wide], 'int32', { name: 'pixel labels' })
    : engine.plain(() => reshape(argMax(resized(logits, sizes), 1), [samples, tall, wide]));
  try {
    engine.kernels?.queue('pixel_argmax', [logits, made, samples, h, w, tall, wide, classes], pixelScratch(w, classes));
    return engine.read(made) as Int32Array;
  } finally {
    made.dispose();
  }
}
