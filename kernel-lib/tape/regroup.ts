import { concat, type Tensor } from '@tensorflow/tfjs-core';
import type { Engine } from '../engine/engine';
import { drop, type Env, type Slice } from './frame';
import type { Handle, Handles } from './handles';

/** Whether two divisions of a micro-batch are the same. */
export function sameSlices(a: readonly Slice[], b: readonly Slice[]): boolean {
  return a.length === b.length && a.every((slice, i) => slice.first === b[i]?.first && slice.count === b[i]?.count);
}

/**
 * The values of some slices in other slices: where a segment that runs whole meets one that runs in slices. Parts become one tensor,
 * each of them released once it is copied; one tensor becomes views.
 */
export function regroup(engine: Engine, handles: Handles, envs: readonly Env[], to: readonly Slice[]): Env[] {
  const made: Env[] = to.map(() => new Map());
  for (const value of [...(envs[0]?.keys() ?? [])]) {
    const parts = envs.map((env) => env.get(value) as Handle);
    if (value.segment !== -1) {
      const tensors = parts.map((part) => part.tensor);
      const whole = parts.length === 1 ? (parts[0] as Handle).retain() : handles.own(joined(engine, tensors, value.name));
      for (const [i, { first, count }] of to.entries()) {
        const { rows } = value.spec;
        made[i]?.set(value, to.length === 1 ? whole.retain() : handles.own(engine.rows(whole.tensor, first * rows, count * rows)));
      }
      whole.release();
    }
    for (const env of envs) drop([value], env);
  }
  return made;
}

/** The rows of some tensors as one tensor: another handle on it where there is only one. */
export function joined(engine: Engine, tensors: readonly Tensor[], name: string): Tensor {
  const [first] = tensors as [Tensor];
  if (tensors.length === 1) return engine.share(first);
  if (!engine.kernels) return engine.plain(() => concat(tensors as Tensor[], 0));
  const rows = tensors.reduce((n, t) => n + (t.shape[0] as number), 0);
  const whole = engine.empty([rows, ...first.shape.slice(1)], 'float32', { name });
  let at = 0;
  for (const t of tensors) {
    const count = t.shape[0] as number;
    const view = engine.rows(whole, at, count);
    engine.kernels.queue('copy', [t, view, t.size * 4]);
    view.dispose();
    at += count;
  }
  return whole;
}
