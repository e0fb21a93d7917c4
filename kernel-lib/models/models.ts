import type { Graph } from '../tape/graph';
import { createModel, type Model, type ModelOptions } from './model';
import * as graphs from './vit';

/** Building blocks for a model of your own. */
export * as layers from './layers';
export { createModel, type Model, type ModelOptions, type Weights } from './model';
export type { LoraOptions, VitOptions } from './vit';

type Options = graphs.VitOptions & ModelOptions;

/**
 * A vision Transformer of any size, at its random start.
 *
 * @example
 * const model = models.vit({ imageSize: 28, patchSize: 7, channels: 1, classes: 10, width: 64, depth: 4, heads: 4, seed: 1 });
 */
export function vit(options: Options = {}): Model {
  return made(graphs.vit, options);
}

/** DeiT-Ti: 5.7 M parameters at 1000 classes. */
export function deitTiny(options: Options = {}): Model {
  return made(graphs.deitTiny, options);
}

/** DeiT-S: 22 M parameters at 1000 classes. */
export function deitSmall(options: Options = {}): Model {
  return made(graphs.deitSmall, options);
}

/** DeiT-B: 87 M parameters at 1000 classes. */
export function deitBase(options: Options = {}): Model {
  return made(graphs.deitBase, options);
}

function made(graph: (options: graphs.VitOptions) => Graph, { engine, seed, ...options }: Options): Model {
  return createModel(graph(options), { ...(engine && { engine }), ...(seed !== undefined && { seed }) });
}
