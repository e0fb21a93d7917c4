import type { Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

/** Runs `f` in a `tf.tidy` with a backend active, then makes the one before active again. */
export function runOn<T extends Record<string, Tensor> | Tensor>(backendName: string, f: () => T): T {
  const before = tf.engine().backendName;
  if (before !== backendName) activate(backendName);
  try {
    return tf.tidy(f as () => tf.TensorContainer) as T;
  } finally {
    if (before && before !== backendName) activate(before);
  }
}

/** Makes a backend active at once: with a synchronous factory tfjs's `setBackend` does its work before it returns its promise. */
export function activate(backendName: string): void {
  void tf.setBackend(backendName);
}
