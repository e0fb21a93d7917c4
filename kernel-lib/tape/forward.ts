import type { Buffers } from './buffers';
import { drop, dying, type Env, eachSlice, type Frame, feedEnv, type Slice } from './frame';
import type { Node, Value } from './graph';
import type { Handle, Handles } from './handles';
import { showInner } from './inner';
import type { Kept } from './plan';
import type { ForwardProgram } from './program';
import { regroup, sameSlices } from './regroup';
import { runForward } from './run';
import type { Saves } from './saves';
import { segmentSlices, wholeOf } from './slices';
import type { Stepwise } from './stepwise';
import type { Work } from './work';

const none: ReadonlySet<Value> = new Set();

/**
 * Forward: segment by segment, slice by slice, node by node. A value goes after its last reader; what backward will read is handed
 * to `saves` as soon as it is there (null: nothing is kept). Returns for each slice of the last segment what is left: results.
 */
export function* runSegments(
  work: Work,
  handles: Handles,
  saves: Saves | null,
  buffers: Buffers | null,
  results: ReadonlySet<Value>,
): Stepwise<Env[]> {
  const { engine, graph, feeds, observer } = work;
  let slices: readonly Slice[] = [];
  let envs: Env[] = [];
  for (const [index, segment] of graph.segments.entries()) {
    const next = saves && work.plan.wholeForward ? wholeOf(work.call.samples) : segmentSlices(segment, work.call.samples, work.slice);
    if (!sameSlices(slices, next)) {
      const carried = regroup(engine, handles, envs, next);
      envs = next.map((slice, i) => new Map([...feedEnv(engine, graph, feeds, slice, handles), ...(carried[i] ?? [])]));
      slices = next;
    }
    observer?.phase?.(`forward ${segment.name}`);
    yield;
    yield* eachSlice(work, handles, slices, buffers, (frame, slice, i) =>
      runSegment(work, frame, work.forward[index] as ForwardProgram, slice, envs[i] as Env, saves, results),
    );
  }
  for (const env of envs)
    drop(
      [...env.keys()].filter((v) => !results.has(v)),
      env,
    );
  return envs;
}

function* runSegment(
  work: Work,
  frame: Frame,
  { enter, steps }: ForwardProgram,
  slice: Slice,
  env: Env,
  saves: Saves | null,
  results: ReadonlySet<Value>,
): Stepwise<void> {
  for (const kept of enter) yield* keep(work, saves, kept, env, slice);
  for (const { node, inner, save, release } of steps) {
    const ending = results.size > 0 ? release.filter((v) => !results.has(v)) : release;
    const wanted = wantedOutputs(node, saves ? inner : none, results);
    if (work.observer) showInner(frame, node, env, work.params, wanted, work.observer);
    for (const [v, handle] of runForward(frame, node, env, work.params, wanted, dying(ending, env))) {
      env.set(v, handle);
      work.observer?.value?.(v.name, handle.tensor, slice.first);
    }
    yield;
    for (const kept of save) yield* keep(work, saves, kept, env, slice);
    drop(ending, env);
  }
}

function* keep({ observer }: Work, saves: Saves | null, kept: Kept, env: Env, slice: Slice): Stepwise<void> {
  if (!saves) return;
  const handle = env.get(kept.value) as Handle;
  const packed = saves.keep(kept, handle, slice);
  observer?.saved?.(kept.value.name, handle.tensor, packed, slice.first);
  yield;
}

/** Outputs that are made: all but inner values, and inner values that are kept or asked for. */
function wantedOutputs(node: Node, inner: ReadonlySet<Value>, results: ReadonlySet<Value>): Set<Value> {
  const wanted = new Set<Value>();
  for (const [slot, v] of Object.entries(node.outputs)) {
    if (!node.op.inner?.includes(slot) || inner.has(v) || results.has(v)) wanted.add(v);
  }
  return wanted;
}
