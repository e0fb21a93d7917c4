import { add, type Tensor } from '@tensorflow/tfjs-core';
import type { Params } from './api';
import { BackwardCall, type Frame, ForwardCall, type GradientSlot } from './context';
import type { Node, Value } from './graph';
import type { Handle } from './handles';
import { shapeOf } from './layout';
import type { PlainContext, Values } from './op';
import type { Derivation } from './plan';

/** Values at hand while a slice runs. */
export type Env = Map<Value, Handle>;

type Key = readonly [number, number];

/** Runs an op forward; returns handles of the wanted outputs. `dying` are input tensors that end here, whose storage may be reused. */
export function runForward(frame: Frame, node: Node, env: Env, params: Params, key: Key, wanted: ReadonlySet<Value>, dying: ReadonlySet<Tensor>): Map<Value, Handle> {
  const slots = slotsOf(node.outputs, wanted);
  const x = gather(node, Object.keys(node.inputs), env, params);
  if (!frame.engine.kernels || !node.op.fused) {
    return runPlain(frame, node.outputs, slots, () => node.op.forward(x, node.attrs, plainContext(frame, key)));
  }
  const call = new ForwardCall(frame, node.name, key, shapes(node.outputs, frame), names(node.outputs), slots, dying);
  return fused(call, node, () => node.op.fused?.forward(call, x, node.attrs));
}

/** Makes values again from others: the op's forward, or one of its recipes. */
export function runDerivation(frame: Frame, { node, recipe }: Derivation, env: Env, params: Params, key: Key, to: ReadonlySet<Value>, dying: ReadonlySet<Tensor>): Map<Value, Handle> {
  if (!recipe) return runForward(frame, node, env, params, key, to, dying);
  const all = { ...node.inputs, ...node.outputs };
  const slots = slotsOf(all, to);
  const x = gather(node, recipe.from, env, params);
  if (!frame.engine.kernels || !recipe.fused) {
    return runPlain(frame, all, slots, () => recipe.plain(x, node.attrs, plainContext(frame, key)));
  }
  const call = new ForwardCall(frame, node.name, key, shapes(all, frame), names(all), slots, dying);
  return fused(call, { ...node, outputs: all }, () => recipe.fused?.(call, x, node.attrs));
}

/** Runs an op's backward: adds to the gradients that `slot` leads to. */
export function runBackward(frame: Frame, node: Node, reads: readonly Value[], env: Env, params: Params, key: Key,
  dys: ReadonlyMap<string, Handle>, slot: (slot: string) => GradientSlot | null): void {
  const slots = Object.entries({ ...node.inputs, ...node.outputs }).filter(([, v]) => reads.includes(v)).map(([s]) => s);
  const x = gather(node, slots, env, params);
  const dy = Object.fromEntries([...dys].map(([s, h]) => [s, h.tensor]));
  if (!frame.engine.kernels || !node.op.fused) {
    const want = new Set([...node.op.inputs, ...node.op.params].filter((s) => slot(s)));
    const gradients = frame.engine.plain(() => pick(node.op.backward(x, dy, node.attrs, plainContext(frame, key), want), want));
    for (const [s, g] of Object.entries(gradients)) addPlain(frame, slot(s) as GradientSlot, g);
    return;
  }
  const call = new BackwardCall(frame, node.name, key, slot, new Map([...dys.values()].map((h) => [h.tensor, h])));
  try {
    node.op.fused.backward(call, x, dy, node.attrs);
  } finally {
    call.end();
  }
}

function fused(call: ForwardCall, node: { readonly outputs: Readonly<Record<string, Value>> }, run: () => void): Map<Value, Handle> {
  try {
    run();
  } finally {
    call.end();
  }
  return new Map([...call.made].map(([slot, handle]) => [node.outputs[slot] as Value, handle]));
}

function runPlain(frame: Frame, outputs: Readonly<Record<string, Value>>, wanted: ReadonlySet<string>, run: () => Values): Map<Value, Handle> {
  const made = frame.engine.plain(() => pick(run(), wanted));
  return new Map(Object.entries(made).map(([slot, t]) => [outputs[slot] as Value, frame.handles.own(t)]));
}

function addPlain(frame: Frame, place: GradientSlot, g: Tensor): void {
  const there = place.get();
  if (!there) return place.set(frame.handles.own(g));
  const before = 'tensor' in there ? there.tensor : there;
  const sum = frame.engine.plain(() => add(before, g));
  g.dispose();
  if ('tensor' in there) there.release();
  else there.dispose();
  place.set(frame.handles.own(sum));
}

function gather(node: Node, slots: readonly string[], env: Env, params: Params): Values {
  const x: Record<string, Tensor> = {};
  for (const [slot, name] of Object.entries(node.params)) x[slot] = params.get(name) as Tensor;
  const at: Readonly<Record<string, Value>> = { ...node.inputs, ...node.outputs };
  for (const slot of slots) {
    const handle = env.get(at[slot] as Value);
    if (handle) x[slot] = handle.tensor;
  }
  return x;
}

const plainContext = ({ samples, firstSample, training }: Frame, key: Key): PlainContext => ({ samples, firstSample, training, key });

const pick = (values: Values, wanted: ReadonlySet<string>): Record<string, Tensor> =>
  Object.fromEntries(Object.entries(values).filter(([slot]) => wanted.has(slot)));

const slotsOf = (at: Readonly<Record<string, Value>>, values: ReadonlySet<Value>): Set<string> =>
  new Set(Object.keys(at).filter((slot) => values.has(at[slot] as Value)));

const shapes = (at: Readonly<Record<string, Value>>, frame: Frame): Record<string, number[]> =>
  Object.fromEntries(Object.entries(at).map(([slot, v]) => [slot, shapeOf(v.spec, frame.samples)]));

const names = (at: Readonly<Record<string, Value>>): Record<string, string> =>
  Object.fromEntries(Object.entries(at).map(([slot, v]) => [slot, v.name]));
