import type { Tensor } from '@tensorflow/tfjs-core';
import type { Params } from './api';
import type { Env, Frame } from './frame';
import type { Node, Value } from './graph';
import type { Observer } from './observer';
import type { PlainContext, Recipe, Values } from './op';

/** Forward: makes inner values that no kernel will write (those not `wanted`), for an observer that asks for them. */
export function showInner(frame: Frame, node: Node, env: Env, params: Params, wanted: ReadonlySet<Value>, observer: Observer): void {
  if (!observer.makes) return;
  for (const slot of node.op.inner ?? []) {
    const value = node.outputs[slot] as Value;
    if (wanted.has(value)) continue;
    const recipe = node.op.recipes?.find((r) => r.to.includes(slot) && r.from.every((from) => node.inputs[from]));
    show(frame, node, slot, recipe, env, params, observer, (t, sample) => observer.value?.(value.name, t, sample));
  }
}

/** Backward: makes what the op's own kernel makes again in its scratch from restored values. */
export function showRecomputed(frame: Frame, node: Node, env: Env, params: Params, observer: Observer): void {
  if (!observer.makes) return;
  for (const recipe of node.op.recipes ?? []) {
    if (!recipe.inKernel || !recipe.from.every((slot) => env.has(node.values[slot] as Value))) continue;
    for (const slot of recipe.to) {
      const value = node.outputs[slot] as Value;
      if (env.has(value)) continue;
      show(frame, node, slot, recipe, env, params, observer, (t, sample) => observer.derived?.(value.name, t, sample));
    }
  }
}

/** By the plain definition, one sample at a time, so that it stays small; of all samples where the op reduces over them. */
function show(
  frame: Frame,
  node: Node,
  slot: string,
  recipe: Recipe<unknown> | undefined,
  env: Env,
  params: Params,
  observer: Observer,
  tell: (t: Tensor, sample: number) => void,
): void {
  const { engine, training, key } = frame;
  const { name, spec } = node.outputs[slot] as Value;
  for (let i = 0; i < frame.samples; i++) {
    const sample = frame.firstSample + i;
    if (!observer.makes?.(name, sample)) continue;
    const [first, samples] = node.op.whole ? [0, frame.samples] : [i, 1];
    const context: PlainContext = {
      samples,
      firstSample: frame.firstSample + first,
      training,
      get key() {
        return key(node.name);
      },
    };
    const made = engine.plain(() => {
      const x = ofSamples(frame, node, recipe?.from ?? Object.keys(node.inputs), env, params, first, samples);
      const values = recipe ? recipe.plain(x, node.attrs, context) : node.op.forward(x, node.attrs, context);
      const t = values[slot] as Tensor;
      return { [slot]: samples > 1 ? engine.rows(t, (i - first) * spec.rows, spec.rows) : t };
    })[slot] as Tensor;
    try {
      engine.label(made, 'watch', name);
      tell(made, sample);
    } finally {
      made.dispose();
    }
  }
}

/** Parameters, and the rows of some samples of the values of these slots; views that the surrounding `plain` releases. */
function ofSamples(
  { engine }: Frame,
  node: Node,
  slots: readonly string[],
  env: Env,
  params: Params,
  first: number,
  samples: number,
): Values {
  const x: Record<string, Tensor> = {};
  for (const [slot, name] of Object.entries(node.params)) x[slot] = params.get(name) as Tensor;
  for (const slot of slots) {
    const value = node.values[slot] as Value;
    const handle = env.get(value);
    if (handle) x[slot] = engine.rows(handle.tensor, first * value.spec.rows, samples * value.spec.rows);
  }
  return x;
}
