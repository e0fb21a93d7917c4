import * as tf from '@tensorflow/tfjs-core';

/**
 * Registers the gradients of the stock tfjs ops. `@tensorflow/tfjs-core` alone has none when Node requires it; the umbrella
 * `@tensorflow/tfjs` registers them, and then nothing is left to do.
 */
export function registerGradients(): void {
  if (tf.getGradient('MatMul') ?? tf.getGradient('BatchMatMul')) return;
  require('./gradients.generated.cjs');
}
