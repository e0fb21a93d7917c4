import type { Tensor } from '@tensorflow/tfjs-core';
import type { Node, Value } from './graph';
import type { Handle } from './handles';
import { shapeOf } from './layout';
import type { Work } from './work';

/** Gradients of the values of one slice that are under way, complete when the node that made the value is reached. */
export type ValueGradients = Map<Value, Handle>;

/** Where the gradient of a value (of one slice) or of a parameter (of the whole step) lives while backward walks. */
export interface GradientSlot {
  readonly shape: readonly number[];
  readonly name: string;
  readonly parameter: boolean;
  /** What is there: a handle for a value, a tensor for a parameter. */
  get(): Handle | Tensor | undefined;
  set(handle: Handle): void;
  /** Makes room for it. */
  make(): Tensor;
}

/** The place for the gradient of a slot of a node; null when nobody wants it. */
export function gradientSlot(
  work: Work,
  node: Node,
  slot: string,
  samples: number,
  values: ValueGradients,
  into: Map<string, Tensor>,
): GradientSlot | null {
  const value = node.inputs[slot];
  if (value) return work.plan.wanted.has(value) ? ofValue(work, value, samples, values) : null;
  const name = node.params[slot];
  return name !== undefined && work.trainable(name) ? ofParameter(work, name, into) : null;
}

function ofValue({ engine }: Work, value: Value, samples: number, values: ValueGradients): GradientSlot {
  const shape = shapeOf(value.spec, samples);
  return {
    shape,
    name: value.name,
    parameter: false,
    get: () => values.get(value),
    set: (handle) => values.set(value, handle),
    make: () => engine.empty(shape, 'float32', { name: `d:${value.name}` }),
  };
}

function ofParameter({ engine, params }: Work, name: string, into: Map<string, Tensor>): GradientSlot {
  const { shape } = params.get(name) as Tensor;
  const keep = (t: Tensor): Tensor => {
    engine.label(t, 'gradients', name);
    into.set(name, t);
    return t;
  };
  return {
    shape,
    name,
    parameter: true,
    get: () => into.get(name),
    set: (handle) => keep(handle.take()),
    make: () => keep(engine.empty(shape, 'float32', { category: 'gradients', name })),
  };
}
