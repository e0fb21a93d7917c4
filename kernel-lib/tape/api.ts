import type { Tensor } from '@tensorflow/tfjs-core';
import type { Observer } from './observer';
import type { Values } from './op';
import type { Stepwise } from './stepwise';

/** Parameters by name. */
export type Params = ReadonlyMap<string, Tensor>;

/** Running ranges by value name: [2, groups] float32, minima then spans; absent before the first step. They belong to the trainer. */
export type Ranges = Map<string, Tensor>;

/** Which draws, ranges and samples a pass is about. */
export interface Call {
  readonly samples: number;
  readonly seed: number;
  readonly step: number;
  readonly micro: number;
  readonly training: boolean;
  readonly ranges: Ranges;
}

/** One forward pass whose saves wait for its backward. */
export interface Pass {
  /** Requested bytes in saves when forward ended. */
  readonly savedBytes: number;
  /** The new running ranges that this pass would commit; owned by the pass until `takeRanges()`. */
  takeRanges(): Ranges;
  /** The next values of buffers that this pass would commit; the caller's from then on. */
  takeBuffers(): Map<string, Tensor>;
  /** Loss of each sample, read to JavaScript. */
  losses(): Float32Array;
  /** Elements clamped and groups with a non-finite element, by value name, of the packed saves. */
  counters(): { readonly name: string; readonly saturated: number; readonly nonFinite: number }[];
  /** Adds `weight` times the gradient of the sum of losses to `into`; tensors are made where a name is absent. Once only; losses and counters stay readable. */
  backward(weight: number, into: Map<string, Tensor>): void;
  /** `backward` that pauses after every event. */
  walkBackward(weight: number, into: Map<string, Tensor>): Stepwise<void>;
  /** Releases what is left; safe to call twice. */
  dispose(): void;
}

/** A graph, a save plan and an engine: runs forward and backward. */
export interface Tape {
  forward(params: Params, feeds: Values, call: Call, observer?: Observer): Pass;
  /** `forward` that pauses after every event. */
  walk(params: Params, feeds: Values, call: Call, observer?: Observer): Stepwise<Pass>;
  /** Forward without saves; the named results are the caller's to dispose of. */
  infer(params: Params, feeds: Values, call: Call, results: readonly string[]): Record<string, Tensor>;
}
