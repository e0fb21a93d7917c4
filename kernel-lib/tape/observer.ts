import type { Tensor } from '@tensorflow/tfjs-core';

/**
 * Someone who looks on while a pass runs. It sees tensors only for the length of the call, changes no bit of the run,
 * and what it does not ask for costs nothing.
 */
export interface Observer {
  /** Where the pass stands: `forward blocks.3`, `backward blocks.3`. */
  phase?(name: string): void;
  /** A value was made, for samples from `firstSample` on. */
  value?(name: string, tensor: Tensor, firstSample: number): void;
  /** A kept value was restored: what backward reads of it. */
  restored?(name: string, tensor: Tensor, firstSample: number): void;
  /** The gradient of a value is complete. */
  gradient?(name: string, tensor: Tensor, firstSample: number): void;
}
