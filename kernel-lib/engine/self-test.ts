import * as tf from '@tensorflow/tfjs-core';
import { MesaError } from '../errors';
import type { Engine } from './engine';

const rows = 37;
const inner = 19;
const columns = 45;
const value = (i: number) => Math.sin(i * 1.7) * 2;

/** Runs a product, a broadcast sum and a softmax and compares with plain JavaScript: a broken build must not pass for an engine. */
export function selfTest(engine: Engine): void {
  const a = Float32Array.from({ length: rows * inner }, (_, i) => value(i));
  const b = Float32Array.from({ length: inner * columns }, (_, i) => value(i + 0.5));
  const bias = Float32Array.from({ length: columns }, (_, i) => value(i + 0.25));
  const result = engine.plain(() =>
    tf.softmax(tf.add(tf.matMul(tf.tensor2d(a, [rows, inner]), tf.tensor2d(b, [inner, columns])), tf.tensor1d(bias))),
  );
  const got = engine.read(result);
  result.dispose();
  for (let r = 0; r < rows; r++) {
    const logits = Array.from(
      bias,
      (v, c) => v + a.subarray(r * inner, (r + 1) * inner).reduce((sum, x, k) => sum + x * (b[k * columns + c] as number), 0),
    );
    const largest = Math.max(...logits);
    const sum = logits.reduce((s, v) => s + Math.exp(v - largest), 0);
    logits.forEach((v, c) => {
      const error = Math.abs((got[r * columns + c] as number) - Math.exp(v - largest) / sum);
      if (!(error < 1e-5)) throw new MesaError('self-test-failed', { says: `row ${r}, column ${c} is off by ${error}` });
    });
  }
}
