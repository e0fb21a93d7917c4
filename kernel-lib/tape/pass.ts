import type { Tensor } from '@tensorflow/tfjs-core';
import type { Pass, Ranges } from './api';
import { Buffers } from './buffers';
import { runSegments } from './forward';
import { drop, dying, eachSlice, type Frame, feedEnv, filled, type Slice } from './frame';
import { gradientSlot, type ValueGradients } from './gradients';
import type { Node, Segment, Value } from './graph';
import { type Handle, Handles } from './handles';
import { showRecomputed } from './inner';
import { shapeOf } from './layout';
import type { BackwardStep } from './program';
import { regroup, sameSlices } from './regroup';
import { runBackward, runDerivation } from './run';
import { Saves } from './saves';
import { segmentSlices, wholeOf } from './slices';
import { drain, type Stepwise } from './stepwise';
import type { Work } from './work';

/** Runs forward and returns the pass, whose saves wait for its backward. */
export function* startPass(work: Work): Stepwise<Pass> {
  const pass = new TapePass(work);
  let done = false;
  try {
    yield* pass.walkForward();
    done = true;
    return pass;
  } finally {
    if (!done) pass.dispose();
  }
}

class TapePass implements Pass {
  private readonly handles = new Handles();
  private readonly saves: Saves;
  private readonly buffers: Buffers;
  private lost: readonly Handle[] = [];

  constructor(private readonly work: Work) {
    this.saves = new Saves(work.engine, this.handles, work.call.ranges, work.key);
    this.buffers = new Buffers(work.engine, work.graph);
  }

  get savedBytes(): number {
    return this.saves.bytes;
  }

  *walkForward(): Stepwise<void> {
    const losses = this.work.graph.results.losses as Value;
    const buffers = this.work.call.training ? this.buffers : null;
    const envs = yield* runSegments(this.work, this.handles, this.saves, buffers, new Set([losses]));
    this.lost = envs.map((env) => env.get(losses) as Handle);
  }

  losses(): Float32Array {
    const parts = this.lost.map(({ tensor }) => this.work.engine.read(tensor) as Float32Array);
    return Float32Array.from(parts.flatMap((part) => [...part]));
  }

  counters(): { name: string; saturated: number; nonFinite: number }[] {
    return this.saves.counted();
  }

  takeRanges(): Ranges {
    return this.saves.takeRanges();
  }

  takeBuffers(): Map<string, Tensor> {
    return this.buffers.take();
  }

  backward(weight: number, into: Map<string, Tensor>): void {
    drain(this.walkBackward(weight, into));
  }

  /** Backward: segments in reverse, each over the slices, each step restoring, deriving or adding gradients. */
  *walkBackward(weight: number, into: Map<string, Tensor>): Stepwise<void> {
    const { engine, graph, observer, call } = this.work;
    const losses = graph.results.losses as Value;
    let slices: readonly Slice[] = wholeOf(call.samples);
    let gradients: ValueGradients[] = [new Map([[losses, this.handles.own(filled(engine, [call.samples], weight, 'd:losses'))]])];
    for (let index = graph.segments.length - 1; index >= 0; index--) {
      const segment = graph.segments[index] as Segment;
      const next = segmentSlices(segment, call.samples, this.work.slice);
      if (!sameSlices(slices, next)) {
        gradients = regroup(engine, this.handles, gradients, next);
        slices = next;
      }
      observer?.phase?.(`backward ${segment.name}`);
      yield;
      const steps = this.work.backward[index] as readonly BackwardStep[];
      yield* eachSlice(this.work, this.handles, slices, null, (frame, slice, i) =>
        this.segment(frame, slice, steps, gradients[i] as ValueGradients, into),
      );
    }
  }

  dispose(): void {
    this.saves.dispose();
    this.buffers.dispose();
    this.handles.dispose();
  }

  private *segment(
    frame: Frame,
    slice: Slice,
    steps: readonly BackwardStep[],
    gradients: ValueGradients,
    into: Map<string, Tensor>,
  ): Stepwise<void> {
    const { work } = this;
    const env = feedEnv(work.engine, work.graph, work.feeds, slice, this.handles);
    for (const step of steps) {
      if (step.kind === 'restore') {
        const handle = this.saves.restore(step.kept, slice, step.last);
        env.set(step.kept.value, handle);
        work.observer?.restored?.(step.kept.value.name, handle.tensor, slice.first);
      } else if (step.kind === 'derive') {
        const made = runDerivation(frame, step.derivation, env, work.params, step.to, dying(step.release, env));
        for (const [v, handle] of made) {
          env.set(v, handle);
          work.observer?.derived?.(v.name, handle.tensor, slice.first);
        }
      } else {
        if (work.observer) showRecomputed(frame, step.node, env, work.params, work.observer);
        const dys = this.outputGradients(frame, step.node, gradients);
        const place = (slot: string) => gradientSlot(work, step.node, slot, frame.samples, gradients, into);
        yield;
        if (dys.size > 0) runBackward(frame, step.node, env, work.params, dys, dying(step.release, env), place);
        for (const handle of dys.values()) handle.release();
      }
      yield;
      drop(step.release, env);
    }
    drop([...env.keys()], env);
  }

  /** Takes the gradients of a node's outputs, which are complete now; zero for an output that leads nowhere beside one that leads to the loss. */
  private outputGradients(frame: Frame, node: Node, gradients: ValueGradients): Map<string, Handle> {
    const dys = new Map<string, Handle>();
    for (const [slot, v] of Object.entries(node.outputs)) {
      const handle = gradients.get(v);
      if (!handle) continue;
      dys.set(slot, handle);
      gradients.delete(v);
      this.work.observer?.gradient?.(v.name, handle.tensor, frame.firstSample);
    }
    if (dys.size === 0) return dys;
    for (const slot of node.op.outputs) {
      const v = node.outputs[slot] as Value;
      if (dys.has(slot) || node.op.inner?.includes(slot)) continue;
      dys.set(slot, this.handles.own(filled(frame.engine, shapeOf(v.spec, frame.samples), 0, `d:${v.name}`)));
    }
    return dys;
  }
}
