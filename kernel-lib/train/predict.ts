import type { Tensor } from '@tensorflow/tfjs-core';
import type { Setting } from './accumulate';
import { checkSamples, type Samples } from './feeds';
import { infer } from './infer';
import { pixelLabels, pixelsOf } from './pixel-labels';

/** The class with the largest logit of each sample, [count], or of each pixel, [count, height, width]. */
export function predict(setting: Setting, samples: Samples): Int32Array {
  const { engine, graph } = setting;
  checkSamples(graph, samples);
  const pixels = pixelsOf(graph);
  return infer(setting, samples, ['logits'], ([logits]) =>
    pixels ? pixelLabels(engine, logits as Tensor, pixels) : largest(engine.read(logits as Tensor) as Float32Array, samples.count),
  );
}

/** Index of the largest of each row, the first of equal ones. */
function largest(logits: Float32Array, rows: number): Int32Array {
  const classes = logits.length / rows;
  return Int32Array.from({ length: rows }, (_, r) => {
    const row = logits.subarray(r * classes, (r + 1) * classes);
    return row.reduce((best, x, c) => (x > (row[best] as number) ? c : best), 0);
  });
}
