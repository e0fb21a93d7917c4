import { add, type Tensor } from '@tensorflow/tfjs-core';
import type { Params } from './api';
import { BackwardCall, ForwardCall } from './context';
import type { Env, Frame } from './frame';
import type { GradientSlot } from './gradients';
import type { Node, Value } from './graph';
import type { Handle } from './handles';
import type { PlainContext, Values } from './op';
import type { Derivation } from './plan';

/** Runs an op forward; returns handles of the wanted outputs. `dying` are input tensors that end here, whose storage may be reused. */
export function runForward(
  frame: Frame,
  node: Node,
  env: Env,
  params: Params,
  wanted: ReadonlySet<Value>,
  dying: ReadonlySet<Tensor>,
): Map<Value, Handle> {
  const x = gather(frame, node, Object.keys(node.inputs), env, params);
  if (!frame.engine.kernels || !node.op.fused) {
    return runPlain(frame, node, wanted, () => node.op.forward(x, node.attrs, plainContext(frame, node)));
  }
  const call = new ForwardCall(frame, node, wanted, dying);
  try {
    node.op.fused.forward(call, x, node.attrs);
  } finally {
    call.end();
  }
  return call.made;
}

/** Makes values again from others: the op's forward, or one of its recipes. */
export function runDerivation(
  frame: Frame,
  { node, recipe }: Derivation,
  env: Env,
  params: Params,
  to: ReadonlySet<Value>,
  dying: ReadonlySet<Tensor>,
): Map<Value, Handle> {
  if (!recipe) return runForward(frame, node, env, params, to, dying);
  const x = gather(frame, node, recipe.from, env, params);
  if (!frame.engine.kernels || !recipe.fused) {
    return runPlain(frame, node, to, () => recipe.plain(x, node.attrs, plainContext(frame, node)));
  }
  const call = new ForwardCall(frame, node, to, dying);
  try {
    recipe.fused(call, x, node.attrs);
  } finally {
    call.end();
  }
  return call.made;
}

/** Runs an op's backward: adds to the gradients that `slot` leads to. */
export function runBackward(
  frame: Frame,
  node: Node,
  env: Env,
  params: Params,
  dys: ReadonlyMap<string, Handle>,
  dying: ReadonlySet<Tensor>,
  slot: (slot: string) => GradientSlot | null,
): void {
  const x = gather(frame, node, Object.keys(node.values), env, params);
  const dy: Record<string, Tensor> = {};
  for (const [s, handle] of dys) dy[s] = handle.tensor;
  if (!frame.engine.kernels || !node.op.fused) {
    const want = new Set([...node.op.inputs, ...node.op.params].filter((s) => slot(s)));
    const gradients = frame.engine.plain(() =>
      pick(node.op.backward(x, dy, node.attrs, plainContext(frame, node), want), (s) => want.has(s)),
    );
    const owned = Object.entries(gradients).map(([s, g]) => [s, frame.handles.own(g)] as const);
    for (const [s, g] of owned) addPlain(frame, slot(s) as GradientSlot, g);
    return;
  }
  const call = new BackwardCall(frame, node, slot, dys, dying);
  try {
    node.op.fused.backward(call, x, dy, node.attrs);
  } finally {
    call.end();
  }
}

function runPlain(frame: Frame, node: Node, wanted: ReadonlySet<Value>, run: () => Values): Map<Value, Handle> {
  const { engine, buffers, handles } = frame;
  const made = engine.plain(() =>
    pick(run(), (slot) => wanted.has(node.values[slot] as Value) || buffers?.has(node.params[slot]) === true),
  );
  const values = new Map<Value, Handle>();
  for (const [slot, t] of Object.entries(made)) {
    const value = node.values[slot];
    if (value) values.set(value, handles.own(t));
    else buffers?.put(node.params[slot] as string, t);
  }
  return values;
}

function addPlain(frame: Frame, place: GradientSlot, g: Handle): void {
  const there = place.get();
  if (!there) {
    place.set(g);
    return;
  }
  const before = 'tensor' in there ? there.tensor : there;
  const sum = frame.handles.own(frame.engine.plain(() => add(before, g.tensor)));
  g.release();
  if ('tensor' in there) there.release();
  else there.dispose();
  place.set(sum);
}

/** Parameters, and of the values of these slots those at hand. */
function gather({ buffers }: Frame, node: Node, slots: readonly string[], env: Env, params: Params): Values {
  const x: Record<string, Tensor> = {};
  for (const [slot, name] of Object.entries(node.params)) x[slot] = buffers?.get(name) ?? (params.get(name) as Tensor);
  for (const slot of slots) {
    const handle = env.get(node.values[slot] as Value);
    if (handle) x[slot] = handle.tensor;
  }
  return x;
}

function plainContext({ samples, firstSample, training, key }: Frame, { name }: Node): PlainContext {
  return {
    samples,
    firstSample,
    training,
    get key() {
      return key(name);
    },
  };
}

const pick = (values: Values, wanted: (slot: string) => boolean): Record<string, Tensor> =>
  Object.fromEntries(Object.entries(values).filter(([slot]) => wanted(slot)));
