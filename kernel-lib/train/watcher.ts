import type { Tensor } from '@tensorflow/tfjs-core';
import type { Engine } from '../engine/engine';
import type { Packed } from '../quant/quantise';
import type { Params, Ranges } from '../tape/api';
import type { Graph, Value } from '../tape/graph';
import type { SavePlan } from '../tape/plan';
import type { Policy } from '../tape/policy';
import type { StepReport } from './step-report';
import type { UpdateWatch } from './update';

/** What a watcher may know of the trainer that it is given to. */
export interface Subject {
  readonly engine: Engine;
  readonly graph: Graph;
  readonly params: Params;
  readonly plan: SavePlan;
  /** Running ranges by value name, [2, groups]: minima, then spans. */
  readonly ranges: Readonly<Pick<Ranges, 'get' | 'has' | 'keys'>>;
}

/** The step that is being watched. */
export interface WatchedStep extends Subject {
  /** Number of the step, from 1. */
  readonly step: number;
  /** Samples of the batch. */
  readonly samples: number;
  /** The gradient of this batch under another policy, from one more forward and backward; the caller disposes of the tensors. */
  gradientsUnder(policy: Policy): Map<string, Tensor>;
}

/** A value, or the gradient of one, of some samples. The tensor is only there for the length of the call: `step.engine.read(tensor)`. */
export interface Seen {
  readonly step: WatchedStep;
  readonly name: string;
  readonly value: Value;
  readonly tensor: Tensor;
  /** Index in the batch of the first sample that it is about, and how many. */
  readonly firstSample: number;
  readonly samples: number;
}

/** A value that was kept for backward: as codes, or as it is (null). */
export interface Saved extends Seen {
  readonly packed: Packed | null;
}

/**
 * Someone who looks on while a trainer trains: `trainer.watch(watcher)`. Every part is optional; what is absent costs nothing. A hook that
 * throws ends the step, which then leaves everything as before it (all but `end`, which comes after the step). It changes no bit of
 * the run; tensors that it makes are its own to dispose of, in `end` at the latest.
 *
 * @example
 * const largest: Watcher = { at: '**.logits', every: 10, value: ({ step, tensor }) => console.log(Math.max(...step.engine.read(tensor))) };
 */
export interface Watcher {
  /** Globs on names of values: those that the hooks about values are told of; all if absent. One that matches nothing is an error. */
  readonly at?: string | readonly string[];
  /** Look at the first step and every n-th after it. */
  readonly every?: number;
  /** Told when watching starts, with the names that `at` matches; throws what cannot be watched. */
  attach?(subject: Subject, names: ReadonlySet<string>): void;
  begin?(step: WatchedStep): void;
  /** Where the step stands: `forward blocks.3`, `loss`, `backward blocks.3`, `update`. */
  phase?(name: string, step: WatchedStep): void;
  /** A value was made. */
  value?(seen: Seen): void;
  /** Whether to make a value for `value` and `derived` that only exists inside a kernel, for a sample of the batch. */
  makes?(name: string, sample: number): boolean;
  saved?(seen: Saved): void;
  /** What backward reads of a value that was kept. */
  restored?(seen: Seen): void;
  /** What backward reads of a value that was not kept but made again. */
  derived?(seen: Seen): void;
  /** The gradient of a value is complete. */
  gradient?(seen: Seen): void;
  /** The gradients of all parameters are complete. */
  gradients?(gradients: ReadonlyMap<string, Tensor>, step: WatchedStep): void;
  /** Asked before the update: what it returns is told of every parameter, and must neither throw nor allocate. */
  update?(parameters: readonly string[], step: WatchedStep): UpdateWatch;
  /** After every `begin`. Without a report the step threw. The trainer is idle again: a new policy counts from the next step on. */
  end?(step: WatchedStep, report: StepReport | undefined, setPolicy: (policy: Policy) => void): void;
}
