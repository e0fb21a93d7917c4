import { dispose, type Tensor } from '@tensorflow/tfjs-core';
import type { Booking, Engine } from '../engine/engine';
import type { Optimizer, Parameter, UpdateContext } from './optimizer';

/** What the optimizer keeps, by `parameter.slot`: `head.weight.m`. */
export type Moments = Map<string, Tensor>;

/** The optimizer's slots of some parameters, zero. */
export function createMoments(engine: Engine, optimizer: Optimizer, params: ReadonlyMap<string, Tensor>): Moments {
  const moments: Moments = new Map();
  for (const [name, { shape }] of params) {
    for (const slot of optimizer.slots) {
      const key = `${name}.${slot}`;
      moments.set(key, zeros(engine, shape, { category: 'optimizer', name: key }));
    }
  }
  return moments;
}

function zeros(engine: Engine, shape: readonly number[], booking: Booking): Tensor {
  if (!engine.kernels) return engine.from(new Float32Array(shape.reduce((a, b) => a * b, 1)), shape, 'float32', booking);
  const t = engine.empty(shape, 'float32', booking);
  engine.kernels.queue('fill', [t, t.size, 0]);
  return t;
}

/** Moves the weights that have a gradient and uses the gradients up; either all of them move or none. */
export function applyUpdate(
  engine: Engine,
  optimizer: Optimizer,
  params: Map<string, Tensor>,
  moments: Moments,
  gradients: Map<string, Tensor>,
  context: UpdateContext,
): void {
  const parameters = [...gradients].map(([name, gradient]) => parameterOf(name, gradient, optimizer, params, moments));
  if (engine.kernels) {
    for (const p of parameters) {
      const { name, args } = optimizer.command(p, context); // in place: nothing is allocated, so nothing can fail half way
      engine.kernels.queue(name, args);
    }
  } else {
    replaceAll(engine, optimizer, params, moments, parameters, context);
  }
  dispose([...gradients.values()]);
  gradients.clear();
}

function parameterOf(name: string, gradient: Tensor, { slots }: Optimizer, params: ReadonlyMap<string, Tensor>, moments: Moments): Parameter {
  const weight = params.get(name) as Tensor;
  const state = slots.map((slot) => [slot, moments.get(`${name}.${slot}`) as Tensor]);
  return { name, shape: weight.shape, values: { weight, gradient, ...Object.fromEntries(state) } };
}

/** Where tensors cannot be written in place: all new values first, then they take the old ones' places. */
function replaceAll(
  engine: Engine,
  optimizer: Optimizer,
  params: Map<string, Tensor>,
  moments: Moments,
  parameters: readonly Parameter[],
  context: UpdateContext,
): void {
  const made: Record<string, Tensor>[] = [];
  try {
    for (const p of parameters) made.push(engine.plain(() => optimizer.plain(p, context)));
  } catch (e) {
    dispose(made);
    throw e;
  }
  parameters.forEach(({ name }, i) => {
    for (const [slot, tensor] of Object.entries(made[i] as Record<string, Tensor>)) {
      if (slot === 'weight') replace(engine, params, name, tensor, 'weights');
      else replace(engine, moments, `${name}.${slot}`, tensor, 'optimizer');
    }
  });
}

function replace(engine: Engine, map: Map<string, Tensor>, name: string, tensor: Tensor, category: 'weights' | 'optimizer'): void {
  map.get(name)?.dispose();
  map.set(name, tensor);
  engine.label(tensor, category, name);
}
