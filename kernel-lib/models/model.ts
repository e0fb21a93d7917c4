import type { Tensor } from '@tensorflow/tfjs-core';
import type { Engine } from '../engine/engine';
import { select } from '../tape/glob';
import type { Graph, ParamSpec } from '../tape/graph';
import { activeEngine } from './active-engine';
import { initial } from './initial';
import { fitWeights, type LoadOptions, type LoadReport, type Weights } from './pretrained/fit-weights';

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
  /**
   * Overwrites parameters with those of a file, found by their published names and fitted to the sizes of this model. Whatever does not
   * match is an error that lists it, and then nothing is written.
   */
  load(weights: Weights, options?: LoadOptions): LoadReport;
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
    load(published, options) {
      const { weights, ...report } = fitWeights(graph, published, options);
      for (const [name, { data }] of weights) engine.write(params.get(name) as Tensor, data);
      return report;
    },
    dispose() {
      unreachable.unregister(model);
      release(params);
    },
  };
  unreachable.register(model, params, model);
  return model;
}

function release(params: Map<string, Tensor>): void {
  for (const t of params.values()) if (!t.isDisposed) t.dispose();
  params.clear();
}

function size({ shape }: ParamSpec): number {
  return shape.reduce((a, b) => a * b, 1);
}
