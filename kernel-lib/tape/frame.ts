import type { Tensor } from '@tensorflow/tfjs-core';
import type { Engine } from '../engine/engine';
import type { Key } from '../random/threefry';
import type { Buffers } from './buffers';
import type { Graph, Value } from './graph';
import type { Handle, Handles } from './handles';
import type { Values } from './op';
import { Panels } from './panels';
import type { Stepwise } from './stepwise';
import type { Work } from './work';

/** The samples `first .. first + count - 1` of the micro-batch. */
export interface Slice {
  readonly first: number;
  readonly count: number;
}

/** What is the same for all ops that run on a slice of a segment. */
export interface Frame {
  readonly engine: Engine;
  readonly handles: Handles;
  readonly panels: Panels;
  readonly samples: number;
  readonly firstSample: number;
  readonly training: boolean;
  /** Where the next values of buffers go; null where nobody commits them: in evaluation, and when a value is made again. */
  readonly buffers: Buffers | null;
  /** Key of the draws of a node. */
  readonly key: (name: string) => Key;
}

/** Values at hand while a slice runs. */
export type Env = Map<Value, Handle>;

/** The feeds of a slice: views of the batch. */
export function feedEnv(engine: Engine, graph: Graph, feeds: Values, slice: Slice, handles: Handles): Env {
  const env: Env = new Map();
  for (const [name, value] of Object.entries(graph.feeds)) {
    const whole = feeds[name];
    if (whole) env.set(value, handles.own(engine.rows(whole, slice.first * value.spec.rows, slice.count * value.spec.rows)));
  }
  return env;
}

/** Tensors of the values to release whose last owner lets go now. */
export function dying(release: readonly Value[], env: Env): Set<Tensor> {
  const tensors = new Set<Tensor>();
  for (const v of release) {
    const handle = env.get(v);
    if (handle?.sole && v.segment !== -1) tensors.add(handle.tensor);
  }
  return tensors;
}

export function drop(values: readonly Value[], env: Env): void {
  for (const v of values) {
    env.get(v)?.release();
    env.delete(v);
  }
}

/** Runs `run` in a frame of its own for each slice of a segment, with weights packed once for all of them. */
export function* eachSlice(
  { engine, call, key }: Work,
  handles: Handles,
  slices: readonly Slice[],
  buffers: Buffers | null,
  run: (frame: Frame, slice: Slice, index: number) => Stepwise<void>,
): Stepwise<void> {
  const panels = new Panels(engine);
  try {
    for (const [i, slice] of slices.entries()) {
      const { count: samples, first: firstSample } = slice;
      yield* run({ engine, handles, panels, samples, firstSample, training: call.training, buffers, key }, slice, i);
    }
  } finally {
    panels.dispose();
  }
}

/** A tensor of one number. */
export function filled(engine: Engine, shape: readonly number[], value: number, name: string): Tensor {
  const n = shape.reduce((product, d) => product * d, 1);
  if (!engine.kernels) return engine.from(new Float32Array(n).fill(value), shape, 'float32', { name });
  const t = engine.empty(shape, 'float32', { name });
  engine.kernels.queue('fill', [t, n, value]);
  return t;
}
