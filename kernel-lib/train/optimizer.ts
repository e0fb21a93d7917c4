import type { Tensor } from '@tensorflow/tfjs-core';
import type { Values } from '../tape/op';

/** When and how strongly an update happens. */
export interface UpdateContext {
  /** Number of this update, from 1. */
  readonly update: number;
  readonly lr: number;
  /** What every gradient is multiplied by first: below 1 where it was clipped. */
  readonly scale: number;
}

/** A parameter at its update: `weight`, `gradient` and the optimizer's own slots. */
export interface Parameter {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Values;
}

/** How weights follow gradients, as data: it holds no tensor. The trainer keeps its slots, in category optimizer. */
export interface Optimizer {
  readonly name: string;
  /** Where the trainer has no schedule. */
  readonly lr: number;
  /** What is kept of each parameter, in its shape and zero at first: `m`, `v`. */
  readonly slots: readonly string[];
  /** The command that updates weight and slots in place, and its arguments. */
  command(p: Parameter, c: UpdateContext): { readonly name: string; readonly args: readonly (number | Tensor)[] };
  /** The same in tfjs calls: new values of `weight` and the slots. */
  plain(p: Parameter, c: UpdateContext): Record<string, Tensor>;
}
