import { dispose, type Tensor } from '@tensorflow/tfjs-core';
import type { Booking, Engine, Kernels } from '../engine/engine';
import type { Params } from '../tape/api';
import type { Values } from '../tape/op';
import type { Optimizer, Parameter, UpdateContext } from './optimizer';

/** What the optimizer keeps, by `parameter.slot`: `head.weight.m`. */
export type Moments = Map<string, Tensor>;

/** Gives parameters that have none yet the optimizer's slots, zero; all of them or, when memory ends, none. */
export function addMoments(engine: Engine, optimizer: Optimizer, params: Params, names: Iterable<string>, moments: Moments): void {
  const added: Moments = new Map();
  try {
    for (const name of names) {
      for (const slot of optimizer.slots) {
        const key = `${name}.${slot}`;
        if (!moments.has(key)) added.set(key, zeros(engine, (params.get(name) as Tensor).shape, { category: 'optimizer', name: key }));
      }
    }
  } catch (e) {
    dispose([...added.values()]);
    throw e;
  }
  for (const [key, moment] of added) moments.set(key, moment);
}

function zeros(engine: Engine, shape: readonly number[], booking: Booking): Tensor {
  if (!engine.kernels) return engine.from(new Float32Array(shape.reduce((a, b) => a * b, 1)), shape, 'float32', booking);
  const t = engine.empty(shape, 'float32', booking);
  engine.kernels.queue('fill', [t, t.size, 0]);
  return t;
}

/** Told of each parameter just before and after its weight moves; must neither throw nor allocate. */
export interface UpdateWatch {
  before?(p: Parameter): void;
  after?(p: Parameter): void;
}

/** Moves the weights that have a gradient, and uses the gradients up; either all of them move or none. */
export function applyUpdate(
  engine: Engine,
  optimizer: Optimizer,
  params: Params,
  moments: Moments,
  gradients: Map<string, Tensor>,
  context: UpdateContext,
  watch: UpdateWatch = {},
): void {
  const parameters = [...gradients].map(([name, gradient]) => parameterOf(name, gradient, optimizer, params, moments));
  if (engine.kernels) updateInPlace(engine.kernels, optimizer, parameters, context, watch);
  else updateByCopy(engine, optimizer, parameters, context, watch);
  dispose([...gradients.values()]);
  gradients.clear();
}

function parameterOf(name: string, gradient: Tensor, { slots }: Optimizer, params: Params, moments: Moments): Parameter {
  const weight = params.get(name) as Tensor;
  const state = slots.map((slot) => [slot, moments.get(`${name}.${slot}`) as Tensor]);
  return { name, shape: weight.shape, values: { weight, gradient, ...Object.fromEntries(state) } };
}

/** Nothing is allocated, so nothing can fail half way. */
function updateInPlace(
  kernels: Kernels,
  optimizer: Optimizer,
  parameters: readonly Parameter[],
  context: UpdateContext,
  watch: UpdateWatch,
): void {
  for (const p of parameters) {
    const { name, args } = optimizer.command(p, context);
    watch.before?.(p);
    kernels.queue(name, args);
    watch.after?.(p);
  }
}

/** Makes all new values before the first old one is overwritten. */
function updateByCopy(
  engine: Engine,
  optimizer: Optimizer,
  parameters: readonly Parameter[],
  context: UpdateContext,
  watch: UpdateWatch,
): void {
  const made: Record<string, Tensor>[] = [];
  try {
    for (const p of parameters) made.push(engine.plain(() => optimizer.plain(p, context)));
    parameters.forEach((p, i) => {
      watch.before?.(p);
      for (const [slot, tensor] of Object.entries(made[i] as Values)) engine.write(p.values[slot] as Tensor, engine.read(tensor));
      watch.after?.(p);
    });
  } finally {
    dispose(made);
  }
}
