import type { Engine } from '../engine/engine';
import type { Key } from '../random/threefry';
import type { Call, Params } from './api';
import type { Graph } from './graph';
import type { Observer } from './observer';
import type { Values } from './op';
import type { SavePlan } from './plan';
import type { BackwardStep, ForwardProgram } from './program';

/** A resolved graph, ready to run: the plan, and what it says as programs, one a segment. */
export interface Program {
  readonly engine: Engine;
  readonly graph: Graph;
  readonly plan: SavePlan;
  readonly trainable: (param: string) => boolean;
  readonly forward: readonly ForwardProgram[];
  readonly backward: readonly (readonly BackwardStep[])[];
  readonly slice: number | undefined;
}

/** A program with what one pass runs it on. */
export interface Work extends Program {
  readonly params: Params;
  readonly feeds: Values;
  readonly call: Call;
  readonly key: (name: string) => Key;
  readonly observer: Observer | undefined;
}
