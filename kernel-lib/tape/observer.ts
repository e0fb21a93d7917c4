import type { Tensor } from '@tensorflow/tfjs-core';
import type { Packed } from '../quant/quantise';

/**
 * Someone who looks on while a pass runs. It sees tensors only for the length of the call, changes no bit of the run,
 * and what it does not ask for costs nothing.
 */
export interface Observer {
  /** Where the pass stands: `forward blocks.3`, `backward blocks.3`. */
  phase?(name: string): void;
  /** A value was made, for samples from `firstSample` on. */
  value?(name: string, tensor: Tensor, firstSample: number): void;
  /**
   * Whether an inner value that nobody else wants, so that no kernel writes it, shall be made for the observer: by the plain definition,
   * for one sample. `value` shows it in forward, `derived` in backward where the op's own kernel makes it again.
   */
  makes?(name: string, sample: number): boolean;
  /** A value was kept for backward: as codes, or as it is (null). */
  saved?(name: string, exact: Tensor, packed: Packed | null, firstSample: number): void;
  /** A kept value was restored: what backward reads of it. */
  restored?(name: string, tensor: Tensor, firstSample: number): void;
  /** A value that is not kept was made again: what backward reads of it. */
  derived?(name: string, tensor: Tensor, firstSample: number): void;
  /** The gradient of a value is complete. */
  gradient?(name: string, tensor: Tensor, firstSample: number): void;
}
