import type { Tensor } from '@tensorflow/tfjs-core';
import type { Engine } from '../engine/engine';
import { MesaError } from '../errors';
import { select } from '../tape/glob';
import type { Graph, ParamSpec } from '../tape/graph';
import { activeEngine } from './active-engine';
import { initial } from './initial';

/** Weights by parameter name, as read from a file. */
export type Weights = ReadonlyMap<string, { readonly shape: readonly number[]; readonly data: Float32Array }>;

export interface ModelOptions {
  /** Where the parameters live: what `start()` has made active if absent. */
  readonly engine?: Engine;
  /** Of the random start. */
  readonly seed?: number;
}

/** A graph with its parameters on an engine. Released by `dispose()`, and when it becomes unreachable. */
export interface Model {
  readonly graph: Graph;
  readonly engine: Engine;
  readonly params: ReadonlyMap<string, Tensor>;
  /** Names of the parameters that get no gradient. */
  readonly frozen: ReadonlySet<string>;
  /** Without buffers. */
  readonly paramCount: number;
  /** Takes parameters out of training: no gradient, and no save that only it needs. */
  freeze(glob: string): void;
  unfreeze(glob: string): void;
  /** Overwrites parameters. With `strict` (the default) every parameter must be given and every given one be known; nothing is written if not. */
  load(weights: Weights, options?: { readonly strict?: boolean }): { readonly missing: string[]; readonly unexpected: string[] };
  dispose(): void;
}

const unreachable = new FinalizationRegistry<Map<string, Tensor>>(release);

/**
 * Puts a graph's parameters on an engine, at their random start.
 *
 * @example
 * const model = createModel(deitTiny({ classes: 10 }), { engine: await start(), seed: 1 });
 */
export function createModel(graph: Graph, { engine = activeEngine(), seed = 0 }: ModelOptions = {}): Model {
  const params = new Map<string, Tensor>();
  try {
    for (const spec of graph.params.values()) {
      const t = engine.empty(spec.shape, 'float32', { category: 'weights', name: spec.name });
      params.set(spec.name, t);
      if (engine.form !== 'dry') engine.write(t, initial(spec, seed));
    }
  } catch (e) {
    release(params);
    throw e;
  }
  const frozen = new Set<string>();
  const model: Model = {
    graph,
    engine,
    params,
    frozen,
    paramCount: [...graph.params.values()].reduce((n, spec) => n + (spec.buffer ? 0 : size(spec)), 0),
    freeze(glob) {
      for (const name of select(glob, params.keys())) frozen.add(name);
    },
    unfreeze(glob) {
      for (const name of select(glob, params.keys())) frozen.delete(name);
    },
    load: (weights, { strict = true } = {}) => load(graph, engine, params, weights, strict),
    dispose() {
      unreachable.unregister(model);
      release(params);
    },
  };
  unreachable.register(model, params, model);
  return model;
}

function load(
  graph: Graph,
  engine: Engine,
  params: ReadonlyMap<string, Tensor>,
  weights: Weights,
  strict: boolean,
): ReturnType<Model['load']> {
  const missing = [...params.keys()].filter((name) => !weights.has(name));
  const unexpected = [...weights.keys()].filter((name) => !params.has(name));
  if (strict && missing.length + unexpected.length > 0) {
    throw new MesaError('weights-do-not-match', {
      says: [missing.length && `missing ${some(missing)}`, unexpected.length && `unexpected ${some(unexpected)}`]
        .filter(Boolean)
        .join('; '),
      try: 'load(weights, { strict: false })',
    });
  }
  const given = [...graph.params.values()].flatMap((spec) => ({ spec, weight: weights.get(spec.name) }));
  for (const { spec, weight } of given) {
    if (weight && (weight.shape.join() !== spec.shape.join() || weight.data.length !== size(spec))) {
      throw new MesaError('shape-mismatch', {
        at: spec.name,
        says: `given as [${weight.shape}] (${weight.data.length} numbers) where the model has [${spec.shape}]`,
      });
    }
  }
  for (const { spec, weight } of given) if (weight) engine.write(params.get(spec.name) as Tensor, weight.data);
  return { missing, unexpected };
}

function release(params: Map<string, Tensor>): void {
  for (const t of params.values()) if (!t.isDisposed) t.dispose();
  params.clear();
}

function size({ shape }: ParamSpec): number {
  return shape.reduce((a, b) => a * b, 1);
}

/** The first names of a list, and how many more. */
function some(names: readonly string[]): string {
  return (
    names
      .slice(0, 5)
      .map((name) => `'${name}'`)
      .join(', ') + (names.length > 5 ? ` and ${names.length - 5} more` : '')
  );
}
