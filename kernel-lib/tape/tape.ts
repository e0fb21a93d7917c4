import type { Tensor } from '@tensorflow/tfjs-core';
import type { Engine } from '../engine/engine';
import { key } from '../random/key';
import type { Call, Params, Tape } from './api';
import { runSegments } from './forward';
import type { Graph, Value } from './graph';
import { type Handle, Handles } from './handles';
import type { Observer } from './observer';
import type { Values } from './op';
import { startPass } from './pass';
import { resolve, type SavePlan, withoutBuffers } from './plan';
import type { Policy } from './policy';
import { backwardProgram, forwardPrograms } from './program';
import { joined } from './regroup';
import { drain } from './stepwise';
import type { Program, Work } from './work';

export interface TapeOptions {
  readonly engine: Engine;
  readonly graph: Graph;
  readonly policy: Policy;
  /** Which parameters get a gradient; all if absent. What no gradient needs is not kept. */
  readonly trainable?: (param: string) => boolean;
  /** Samples a slice of a segment's run; by default about a thousand rows. The same for all policies that are compared. */
  readonly slice?: number;
}

/**
 * Resolves policy x graph into a save plan and returns what runs it. The tape owns every value and save of a pass
 * and releases each at its last reader; nothing else decides about lifetime.
 *
 * @example
 * const tape = createTape({ engine, graph, policy: policies.plus() });
 * const pass = tape.forward(params, { images, labels }, { samples: 16, seed: 1, step: 0, micro: 0, training: true, ranges: new Map() });
 * const gradients = new Map(); pass.backward(1 / 16, gradients); pass.dispose();
 */
export function createTape({ engine, graph, policy, trainable = () => true, slice }: TapeOptions): Tape & { readonly plan: SavePlan } {
  const plan = resolve(graph, policy, trainable);
  const program: Program = {
    engine,
    graph,
    plan,
    trainable: withoutBuffers(graph, trainable),
    slice,
    forward: forwardPrograms(graph, plan),
    backward: plan.segments.map(backwardProgram),
  };
  const walk: Tape['walk'] = (params, feeds, call, observer) => startPass(workOn(program, params, feeds, call, observer));
  return {
    plan,
    walk,
    forward: (...pass) => drain(walk(...pass)),
    infer: (params, feeds, call, results) => infer(workOn(program, params, feeds, call), results),
  };
}

function workOn(program: Program, params: Params, feeds: Values, call: Call, observer?: Observer): Work {
  return { ...program, params, feeds, call, observer, key: (name) => key(call.seed, call.step, call.micro, name) };
}

function infer(work: Work, results: readonly string[]): Record<string, Tensor> {
  const handles = new Handles();
  try {
    const values = results.map((name) => work.graph.results[name] as Value);
    const envs = drain(runSegments(work, handles, null, null, new Set(values)));
    const parts = (v: Value): Tensor[] => envs.map((env) => (env.get(v) as Handle).tensor);
    return Object.fromEntries(values.map((v, i) => [results[i], joined(work.engine, parts(v), 'result')]));
  } finally {
    handles.dispose();
  }
}
