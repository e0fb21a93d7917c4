// How long a step may take, known before the first one: its operations, and how fast this machine multiplies just now.
import * as tf from '@tensorflow/tfjs-core';
import type { Engine } from '../engine/engine';

/** A step takes so much longer than if all of it ran as the probe does, near the processor's peak: 1.4 (DeiT-Ti) to 1.55 (Swin-T) in docs/benchmarks.md. */
const SLOWER = 1.45;
const [M, K, N] = [512, 768, 384]; // the result is small, so that reading it costs little beside the product

/** A step of so many operations where products run at a rate. Rather good for large steps; a step of a millisecond is mostly something else. */
export function estimateStepMs(stepFlops: number, rate: number): number {
  return (1000 * SLOWER * stepFlops) / rate;
}

/** Floating point operations a second of a product as in a small Transformer: the best of a few. */
export function productRate(engine: Engine): number {
  const factors = [ones(engine, M, K), ones(engine, K, N)] as const;
  let best = Number.POSITIVE_INFINITY;
  try {
    const first = performance.now();
    for (let runs = 0; runs < 10 && performance.now() < first + 200; runs++) {
      const began = performance.now();
      const product = engine.plain(() => tf.matMul(...factors) as tf.Tensor);
      engine.read(product);
      best = Math.min(best, performance.now() - began);
      product.dispose();
    }
  } finally {
    tf.dispose([...factors]);
  }
  return (1000 * 2 * M * K * N) / best;
}

const ones = (engine: Engine, rows: number, columns: number): tf.Tensor =>
  engine.from(new Float32Array(rows * columns).fill(1), [rows, columns], 'float32', { category: 'transient', name: 'probe' });
