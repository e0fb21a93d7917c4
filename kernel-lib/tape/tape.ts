import { concat, type Tensor } from '@tensorflow/tfjs-core';
import type { Engine } from '../engine/engine';
import { key } from '../random/key';
import type { Call, Params, Pass, Ranges, Tape } from './api';
import { type Frame, type GradientSlot, Panels } from './context';
import type { Graph, Node, Segment, Value } from './graph';
import { type Handle, Handles } from './handles';
import { shapeOf } from './layout';
import type { Observer } from './observer';
import type { Values } from './op';
import { resolve, type SavePlan } from './plan';
import type { Policy } from './policy';
import { type BackwardStep, backwardProgram, type ForwardProgram, forwardPrograms } from './program';
import { type Env, runBackward, runDerivation, runForward } from './run';
import { Saves, type Slice } from './saves';
import { sliceSize, slicesOf } from './slices';

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
export function createTape(options: TapeOptions): Tape & { readonly plan: SavePlan } {
  const trainable = options.trainable ?? ((): boolean => true);
  const plan = resolve(options.graph, options.policy, trainable);
  const program: Program = {
    ...options, trainable, plan, forward: forwardPrograms(options.graph, plan), backward: plan.segments.map(backwardProgram),
  };
  return {
    plan,
    forward: (params, feeds, call, observer) => new TapePass(program, params, feeds, call, observer),
    infer: (params, feeds, call, results) => infer(program, params, feeds, call, results),
  };
}

interface Program extends TapeOptions {
  readonly trainable: (param: string) => boolean;
  readonly plan: SavePlan;
  readonly forward: readonly ForwardProgram[];
  readonly backward: readonly (readonly BackwardStep[])[];
}

function infer(program: Program, params: Params, feeds: Values, call: Call, results: readonly string[]): Record<string, Tensor> {
  const handles = new Handles();
  try {
    const run = new ForwardRun(program, params, feeds, call, handles, null);
    const wanted = results.map((name) => program.graph.results[name] as Value);
    const slices = slicesOf(call.samples, sliceSize(program.graph, call.samples, program.slice));
    const envs = run.all(slices, new Set(wanted));
    return Object.fromEntries(results.map((name, i) => [name, joined(program.engine, envs.map((env) => env.get(wanted[i] as Value) as Handle))]));
  } finally {
    handles.dispose();
  }
}

/** The results of all slices as one tensor. */
function joined(engine: Engine, parts: readonly Handle[]): Tensor {
  const [only] = parts;
  if (parts.length === 1 && only) return engine.share(only.tensor);
  const rows = parts.reduce((n, p) => n + (p.tensor.shape[0] ?? 0), 0);
  const shape = [rows, ...(only as Handle).tensor.shape.slice(1)];
  if (!engine.kernels) return engine.plain(() => concat(parts.map((p) => p.tensor), 0));
  const whole = engine.empty(shape, 'float32', { name: 'result' });
  let at = 0;
  for (const { tensor } of parts) {
    const view = engine.rows(whole, at, tensor.shape[0] ?? 0);
    engine.kernels.queue('copy', [tensor, view, tensor.size * 4]);
    view.dispose();
    at += tensor.shape[0] ?? 0;
  }
  return whole;
}

/** Forward over all segments, slice by slice. */
class ForwardRun {
  constructor(private readonly program: Program, private readonly params: Params, private readonly feeds: Values, private readonly call: Call,
    private readonly handles: Handles, private readonly saves: Saves | null, private readonly observer?: Observer) {}

  all(slices: readonly Slice[], results: ReadonlySet<Value>): Env[] {
    const envs = slices.map((slice) => feedEnv(this.program, this.feeds, slice, this.handles));
    this.program.graph.segments.forEach((segment, index) => {
      this.observer?.phase?.(`forward ${segment.name}`);
      const panels = new Panels(this.program.engine);
      try {
        slices.forEach((slice, i) => {
          this.segment(index, slice, envs[i] as Env, panels, results);
        });
      } finally {
        panels.dispose();
      }
    });
    return envs;
  }

  private segment(index: number, slice: Slice, env: Env, panels: Panels, results: ReadonlySet<Value>): void {
    const { enter, steps } = this.program.forward[index] as ForwardProgram;
    const frame = frameOf(this.program.engine, this.handles, panels, slice, this.call);
    for (const kept of enter) this.saves?.keep(kept, env.get(kept.value) as Handle, slice);
    for (const { node, inner, save, release } of steps) {
      const wanted = wantedOutputs(node, this.saves ? inner : none, results);
      const ending = release.filter((v) => !results.has(v));
      const made = runForward(frame, node, env, this.params, keyOf(this.call, node.name), wanted, dying(ending, env));
      for (const [v, handle] of made) {
        env.set(v, handle);
        this.observer?.value?.(v.name, handle.tensor, slice.first);
      }
      if (this.saves) for (const kept of save) this.saves.keep(kept, env.get(kept.value) as Handle, slice);
      drop(ending, env);
    }
  }
}

class TapePass implements Pass {
  private readonly handles = new Handles();
  private readonly saves: Saves;
  private readonly lost: Handle[];
  readonly savedBytes: number;

  constructor(private readonly program: Program, private readonly params: Params, private readonly feeds: Values, private readonly call: Call,
    private readonly observer?: Observer) {
    const { engine, graph, plan } = program;
    this.saves = new Saves(engine, this.handles, call, (name) => keyOf(call, name));
    try {
      const size = plan.wholeForward ? call.samples : sliceSize(graph, call.samples, program.slice);
      const losses = graph.results.losses as Value;
      const run = new ForwardRun(program, params, feeds, call, this.handles, this.saves, observer);
      const envs = run.all(slicesOf(call.samples, size), new Set([losses]));
      this.lost = envs.map((env) => env.get(losses) as Handle);
      for (const env of envs) for (const [v, handle] of env) if (v !== losses) handle.release();
      this.savedBytes = this.saves.bytes;
    } catch (e) {
      this.dispose();
      throw e;
    }
  }

  losses(): Float32Array {
    const parts = this.lost.map((h) => this.program.engine.read(h.tensor) as Float32Array);
    const all = new Float32Array(this.call.samples);
    let at = 0;
    for (const part of parts) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  }

  counters(): { name: string; saturated: number; nonFinite: number }[] {
    return this.saves.counted();
  }

  takeRanges(): Ranges {
    const taken = new Map(this.saves.ranges);
    this.saves.ranges.clear();
    return taken;
  }

  backward(weight: number, into: Map<string, Tensor>): void {
    const { engine, graph } = this.program;
    const slices = slicesOf(this.call.samples, sliceSize(graph, this.call.samples, this.program.slice));
    const losses = graph.results.losses as Value;
    const gradients = slices.map(({ count }) => new Map([[losses, this.handles.own(filled(engine, [count], weight, 'd:losses'))]]));
    for (let index = graph.segments.length - 1; index >= 0; index--) {
      this.observer?.phase?.(`backward ${(graph.segments[index] as Segment).name}`);
      const panels = new Panels(engine);
      try {
        slices.forEach((slice, i) => {
          this.segment(index, slice, gradients[i] as Map<Value, Handle>, panels, into);
        });
      } finally {
        panels.dispose();
      }
    }
  }

  private segment(index: number, slice: Slice, gradients: Map<Value, Handle>, panels: Panels, into: Map<string, Tensor>): void {
    const frame = frameOf(this.program.engine, this.handles, panels, slice, this.call);
    const env = feedEnv(this.program, this.feeds, slice, this.handles);
    for (const step of this.program.backward[index] as readonly BackwardStep[]) {
      if (step.kind === 'restore') {
        const handle = this.saves.restore(step.kept, slice);
        env.set(step.kept.value, handle);
        this.observer?.restored?.(step.kept.value.name, handle.tensor, slice.first);
      } else if (step.kind === 'derive') {
        const { derivation, to, release } = step;
        const made = runDerivation(frame, derivation, env, this.params, keyOf(this.call, derivation.node.name), to, dying(release, env));
        for (const [v, handle] of made) env.set(v, handle);
      } else {
        this.step(frame, step, env, gradients, into);
      }
      drop(step.release, env);
    }
    for (const [, handle] of env) handle.release();
  }

  private step(frame: Frame, { node, release }: BackwardStep & { kind: 'backward' }, env: Env, gradients: Map<Value, Handle>, into: Map<string, Tensor>): void {
    const dys = new Map<string, Handle>();
    for (const [slot, v] of Object.entries(node.outputs)) {
      const handle = gradients.get(v);
      if (!handle) continue;
      dys.set(slot, handle);
      gradients.delete(v);
      this.observer?.gradient?.(v.name, handle.tensor, frame.firstSample);
    }
    if (dys.size === 0) return;
    for (const slot of node.op.outputs) { // an output that leads nowhere, beside one that leads to the loss
      const v = node.outputs[slot] as Value;
      if (dys.has(slot) || node.op.inner?.includes(slot)) continue;
      dys.set(slot, this.handles.own(filled(frame.engine, shapeOf(v.spec, frame.samples), 0, `d:${v.name}`)));
    }
    const slot = (name: string): GradientSlot | null => this.slot(frame, node, name, gradients, into);
    runBackward(frame, node, env, this.params, keyOf(this.call, node.name), dys, dying(release, env), slot);
    for (const handle of dys.values()) handle.release();
  }

  private slot(frame: Frame, node: Node, slot: string, gradients: Map<Value, Handle>, into: Map<string, Tensor>): GradientSlot | null {
    const { engine, plan, trainable } = this.program;
    const value = node.inputs[slot];
    if (value) {
      if (!plan.wanted.has(value)) return null;
      const shape = shapeOf(value.spec, frame.samples);
      return {
        shape, name: value.name, parameter: false, get: () => gradients.get(value), set: (h) => gradients.set(value, h),
        make: () => engine.empty(shape, 'float32', { name: `d:${value.name}` }),
      };
    }
    const name = node.params[slot];
    if (name === undefined || !trainable(name)) return null;
    const { shape } = this.params.get(name) as Tensor;
    const keep = (t: Tensor): Tensor => {
      engine.label(t, 'gradients', name);
      into.set(name, t);
      return t;
    };
    return {
      shape, name, parameter: true, get: () => into.get(name), set: (h) => keep(h.take()),
      make: () => keep(engine.empty(shape, 'float32', { category: 'gradients', name })),
    };
  }

  dispose(): void {
    this.saves.dispose();
    this.handles.dispose();
  }
}

const none: ReadonlySet<Value> = new Set();

/** Outputs that are made: all but inner values, and inner values that are kept or asked for. */
function wantedOutputs(node: Node, inner: ReadonlySet<Value>, results: ReadonlySet<Value>): Set<Value> {
  const optional = new Set(node.op.inner ?? []);
  return new Set(Object.entries(node.outputs).filter(([slot, v]) => !optional.has(slot) || inner.has(v) || results.has(v)).map(([, v]) => v));
}

function frameOf(engine: Engine, handles: Handles, panels: Panels, slice: Slice, call: Call): Frame {
  return { engine, handles, panels, samples: slice.count, firstSample: slice.first, training: call.training };
}

/** Feeds of a slice: views of the batch. */
function feedEnv({ engine, graph }: Program, feeds: Values, slice: Slice, handles: Handles): Env {
  const env: Env = new Map();
  for (const [name, value] of Object.entries(graph.feeds)) {
    const whole = feeds[name];
    if (whole) env.set(value, handles.own(engine.rows(whole, slice.first * value.spec.rows, slice.count * value.spec.rows)));
  }
  return env;
}

function keyOf(call: Call, name: string): readonly [number, number] {
  return key(call.seed, call.step, call.micro, name);
}

/** Tensors whose last owner lets go after this step. */
function dying(release: readonly Value[], env: Env): Set<Tensor> {
  return new Set(release.flatMap((v) => (env.get(v)?.sole && v.segment !== -1 ? [(env.get(v) as Handle).tensor] : [])));
}

function drop(values: readonly Value[], env: Env): void {
  for (const v of values) {
    env.get(v)?.release();
    env.delete(v);
  }
}

function filled(engine: Engine, shape: readonly number[], value: number, name: string): Tensor {
  const n = shape.reduce((product, d) => product * d, 1);
  if (!engine.kernels) return engine.from(new Float32Array(n).fill(value), shape, 'float32', { name });
  const t = engine.empty(shape, 'float32', { name });
  engine.kernels.queue('fill', [t, n, value]);
  return t;
}
